import type { FastifyReply } from 'fastify'

type Headers = Record<string, number | string | string[] | undefined>

/** A response as it is in the cache: what the handler sent, and the headers that it set. */
export interface StoredResponse {
  body: string | Uint8Array
  headers: Headers
  /** When it was made, by `Date.now()`. */
  at: number
}

/** What a shared cache must not keep, or not send again without asking. */
const notShared = /\b(no-store|no-cache|private)\b/i

/** Of this message, or added anew to every one. */
const ownOfEach = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding', 'x-cache'])

/**
 * What to store of a response that goes out now, or undefined if nothing. `before` are the headers that were set before the handler ran, by hooks that run for
 * each request: they are not the handler's, and may be meant for this client alone.
 */
export function storable(reply: FastifyReply, payload: unknown, before: Headers, keyIsGiven: boolean): StoredResponse | undefined {
  if (!isForAll(reply)) return undefined
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return undefined
  const all: Headers = reply.getHeaders()
  if (variesBeyond(all['vary'], before['vary'], keyIsGiven)) return undefined
  const headers: Headers = {}
  for (const [name, value] of Object.entries(all)) if (value !== before[name] && !ownOfEach.has(name)) headers[name] = value
  return { body: payload, headers, at: Date.now() }
}

/** Whether nothing says that it is for this client alone, whoever has set the header. */
export function isForAll(reply: FastifyReply): boolean {
  return reply.statusCode === 200 && !reply.hasHeader('set-cookie') && !notShared.test(String(reply.getHeader('cache-control') ?? ''))
}

/** Whether it varies by what is not in the key. By the origin that is allowed to read it hooks do, which run for each request; the body does not. */
function variesBeyond(vary: Headers[string], before: Headers[string], keyIsGiven: boolean): boolean {
  const names = String(vary ?? '').toLowerCase().split(',').map((name) => name.trim()).filter((name) => name !== '')
  if (names.includes('*')) return true
  return !keyIsGiven && names.some((name) => name !== 'origin' || vary !== before)
}

/** Sends it on. As bytes, for Fastify would serialize a string again where a serializer is set. */
export function send(reply: FastifyReply, { body, headers }: StoredResponse, how: 'hit' | 'miss' | 'stale'): FastifyReply {
  for (const [name, value] of Object.entries(headers)) reply.header(name, value)
  return reply.header('x-cache', how).send(typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength))
}
