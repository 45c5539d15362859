import type { FastifyReply } from 'fastify'

type Headers = Record<string, number | string | string[] | undefined>

/** A response as it is in the cache: what the handler sent, and the headers that it set. */
export interface StoredResponse {
  body: string | Uint8Array
  headers: Headers
  /** When it was made, by `Date.now()`. */
  at: number
}

/** Of this message, or added anew to every one. */
const ownOfEach = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding', 'x-cache'])

/**
 * What to store of a response that goes out now, or undefined if nothing. `before` are the headers that were set before the handler ran, by hooks that run for
 * each request: they are not the handler's, and may be meant for this client alone.
 */
export function storable(reply: FastifyReply, payload: unknown, before: Headers, keyIsGiven: boolean): StoredResponse | undefined {
  if (reply.statusCode !== 200 || reply.hasHeader('set-cookie')) return undefined
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return undefined
  const headers: Headers = {}
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== before[name] && !ownOfEach.has(name)) headers[name] = value
  if (/\b(no-store|private)\b/i.test(String(headers['cache-control'] ?? ''))) return undefined
  // What it varies by is not in the key.
  if (headers['vary'] !== undefined && !keyIsGiven) return undefined
  return { body: payload, headers, at: Date.now() }
}

/** Sends it on. As bytes, for Fastify would serialize a string again where a serializer is set. */
export function send(reply: FastifyReply, { body, headers }: StoredResponse, how: 'hit' | 'miss' | 'stale'): FastifyReply {
  for (const [name, value] of Object.entries(headers)) reply.header(name, value)
  return reply.header('x-cache', how).send(typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength))
}
