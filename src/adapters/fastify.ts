/**
 * A plugin for Fastify that keeps responses in a {@link SharedCache}: one copy for all worker threads of the process, and one run of a handler for all who
 * ask for the same at the same time, in whatever thread.
 *
 * @packageDocumentation
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { isDeepStrictEqual } from 'node:util'
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { ShardmapError, type KeyPart, type Ms, type SharedCache, type SharedCacheOptions } from '../index'
import { isForAll, send, storable, type StoredResponse } from './responses'
import { cacheOf } from './source'

/** The cache of that name, opened with these options and closed with the server; or one that is open already. */
export type SharedCachePluginOptions =
  | (SharedCacheOptions & {
      /** The name of the cache. */
      name: string
    })
  | {
      /** A cache that is open already. */
      cache: SharedCache<any, any>
    }

/** What a route says in `config.cache`, if its responses shall be kept. */
export interface RouteCache {
  /** How long a response is fresh. Default: the ttl of the cache. */
  ttl?: Ms
  /** For `fastify.cache.invalidateTag`. */
  tags?: readonly string[]
  /** For so long after that, the old response is sent at once while a new one is made. */
  staleWhileRevalidate?: Ms
  /**
   * What tells responses of the route apart, in place of host and URL: everything that they depend on must be in it, also the host, the user or a header. Undefined:
   * this request passes by the cache.
   */
  key?: (request: FastifyRequest) => KeyPart | undefined
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The cache of the responses, under `[method, URL of the route, key or host with URL]`, for invalidation, statistics and whatever else shall be in it. */
    cache: SharedCache<any, any>
  }
  interface FastifyContextConfig {
    cache?: RouteCache
  }
}

/** Where a response is in the cache: two routes may have keys that read the same. */
type Place = readonly [method: string, route: string, part: KeyPart]

/** The response that a flight waits for. */
class Load {
  readonly response: Promise<StoredResponse>
  /** A request has come to make it. */
  taken = false
  /** The headers that were set before its handler ran. */
  before: Record<string, any> = {}
  /** What the handler sent, if it may be kept by what is known before the other plugins' hooks have seen it. */
  made: StoredResponse | undefined
  end!: (response: StoredResponse | undefined) => void

  constructor(readonly key: Place) {
    this.response = new Promise((resolve, reject) => {
      this.end = (response) => (response ? resolve(response) : reject(Object.assign(new Error('this response is not for a cache'), { code: NOT_STORED })))
    })
  }
}

const NOT_STORED = 'SHARDMAP_RESPONSE_NOT_STORED'
/** Errors of a wrong option, which must not hide behind a cache that never holds anything. */
const MISTAKES = new Set(['ERR_SHARDMAP_OPTION', 'ERR_SHARDMAP_KEY', 'ERR_SHARDMAP_VALUE'])
const routeName = Symbol('the name of a route that was declared after the plugin was loaded')

type Prepared = FastifyContextConfig & { [routeName]?: string }

async function plugin(fastify: FastifyInstance, options: SharedCachePluginOptions): Promise<void> {
  const { cache, release } = cacheOf(options)
  const loads = new WeakMap<FastifyRequest, Load>()
  const refreshing = new AsyncLocalStorage<Load>()

  /** The last thing before the handler: whoever may not see the response has been turned away. */
  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { cache: given, [routeName]: route } = request.routeOptions.config as Prepared
    const { key: keyOf, ...terms } = given!
    const part = partOf(request, keyOf)
    if (part === undefined) return undefined
    const key: Place = [request.method, route!, part]
    const refresh = refreshing.getStore()
    // Hooks of the request that makes it may ask this server for something else.
    if (refresh && !refresh.taken && isDeepStrictEqual(refresh.key, key)) return lead(request, reply, refresh)

    const started = Date.now()
    const leave = new AbortController()
    let answered = false
    let refreshed = false
    reply.raw.once('close', () => answered || leave.abort())
    const outcome = await new Promise<StoredResponse | Load | Error>((resolve) => {
      const load = (_key: unknown, { stale }: { stale: unknown }): Promise<StoredResponse> => {
        const load = new Load(key)
        refreshed = stale !== undefined
        // With a stale one this request may have its answer already: the handler runs for a request of its own.
        if (refreshed) refreshing.run(load, () => inject(fastify, request)).then(() => load.end(undefined), () => load.end(undefined))
        else resolve(load)
        return load.response
      }
      cache.fetch(key, load, { ...terms, signal: leave.signal }).then(resolve, resolve)
    })
    answered = !(outcome instanceof Load)
    if (outcome instanceof Load) return lead(request, reply, outcome)
    if (outcome instanceof Error) return leave.signal.aborted ? reply.hijack() : goOn(request, reply, outcome)
    const isOld = outcome.at < started
    return send(reply, outcome, isOld && cache.getRemainingTTL(key) === 0 ? 'stale' : refreshed && !isOld ? 'miss' : 'hit')
  }

  function lead(request: FastifyRequest, reply: FastifyReply, load: Load): void {
    load.taken = true
    reply.header('x-cache', 'miss')
    load.before = { ...reply.getHeaders() }
    loads.set(request, load)
  }

  /** The last hook of all that see the payload: cookies may be set by others that came after the plugin. */
  function keep(request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: () => void): void {
    const load = loads.get(request)
    if (load) load.end(isForAll(reply) ? load.made : undefined)
    done()
  }

  fastify.decorate('cache', cache)
  fastify.addHook('onRoute', (route) => prepare(route, answer, keep))
  fastify.addHook('onRequest', (request, _reply, done) => {
    const config: Prepared = request.routeOptions.config
    done(config?.cache && config[routeName] === undefined ? tooEarly(request.routeOptions.url) : undefined)
  })
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const load = loads.get(request)
    if (load) load.made = storable(reply, payload, load.before, request.routeOptions.config.cache!.key !== undefined)
    done()
  })
  // A reply that was taken out of Fastify's hands never comes to onSend.
  fastify.addHook('onResponse', (request, _reply, done) => {
    loads.get(request)?.end(undefined)
    done()
  })
  fastify.addHook('onClose', async () => release())
}

/**
 * Host and URL, unless the route has a key: a handler that makes links of the host must not make them for those who ask another one. A response to a request that
 * says who asks is for that one alone, unless the key says otherwise.
 */
function partOf(request: FastifyRequest, keyOf: RouteCache['key']): KeyPart | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
  if (keyOf) return keyOf(request)
  const { headers, host, originalUrl, url } = request
  if (headers.authorization !== undefined || headers.cookie !== undefined) return undefined
  // A server that rewrites URLs may do so by anything.
  return url === originalUrl ? host + url : `${host}${originalUrl} ${url}`
}

/** The cache has no answer: the handler gives one, as if there were no cache. */
function goOn(request: FastifyRequest, reply: FastifyReply, error: Error & { code?: string }): void {
  if (MISTAKES.has(error.code!)) throw error
  if (error.code !== NOT_STORED) request.log.warn({ err: error }, 'the cache of responses failed; the handler answers')
  reply.header('x-cache', 'miss')
}

type Answer = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
type Keep = (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: () => void) => void

function prepare(route: RouteOptions, answer: Answer, keep: Keep): void {
  if (route.config?.cache === undefined) return
  const methods = [route.method].flat()
  if (!methods.some((method) => method === 'GET' || method === 'HEAD')) {
    throw new ShardmapError('ERR_SHARDMAP_OPTION', `${methods.join()} ${route.url}: only responses to GET and HEAD are kept; take cache out of its config`)
  }
  const config: Prepared = { ...route.config, [routeName]: nameOf(route) }
  route.config = config
  route.preHandler = [route.preHandler ?? []].flat().concat(answer as never)
  route.onSend = [route.onSend ?? []].flat().concat(keep as never)
}

/** The same in every thread. Routes of one URL differ by what they ask of a request. */
function nameOf({ url, constraints = {} }: RouteOptions): string {
  const asked = Object.keys(constraints).sort().map((name) => ` ${name}=${String(constraints[name])}`)
  return url + asked.join('')
}

function tooEarly(url = ''): ShardmapError {
  return new ShardmapError('ERR_SHARDMAP_OPTION', `the route ${url} was declared before the cache was there: await the registration of the plugin first`)
}

/** What would have the handler answer this client alone, or not at all. */
const conditions = ['if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'range']

/** Async, for the request is only made when its promise is awaited, and that must be here: what it is made for goes with the async context. */
async function inject(fastify: FastifyInstance, request: FastifyRequest): Promise<void> {
  const headers = { ...request.headers }
  for (const name of conditions) delete headers[name]
  await fastify.inject({ method: request.method as 'GET', url: request.originalUrl, headers, remoteAddress: request.ip })
}

/** `await fastify.register(sharedCachePlugin, { name: 'pages', max: 10_000 })`, and then routes with `config: { cache: { ttl: 60_000 } }`. */
export const sharedCachePlugin = Object.assign(plugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'shardmap',
  [Symbol.for('plugin-meta')]: { name: 'shardmap', fastify: '5.x' },
})
