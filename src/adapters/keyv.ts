/**
 * Stores for Keyv that keep their entries in a {@link SharedCache}: one copy for all worker threads of the process, bounded. cache-manager and the cache
 * of Nest take them through Keyv.
 *
 * @packageDocumentation
 */
import { ShardmapError, type SharedCache, type SharedCacheOptions } from '../index'
import { cacheOf } from './source'
import { write, writeAll } from './writes'

/** The cache of that name, opened with these options and let go of by `disconnect`; or one that is open already. */
export type SharedCacheStoreOptions =
  | (SharedCacheOptions & {
      /** The name of the cache. */
      name: string
    })
  | {
      /** A cache that is open already. */
      cache: SharedCache<any, any>
    }

/** An absolute time before this (September 2001) can only be a duration. */
const FIRST_TIME = 1e12

/**
 * A store for Keyv 5: `new Keyv({ store: new SharedCacheStore({ name: 'pages', max: 10_000 }) })`. One store for each Keyv; stores of one name
 * have one cache. An entry belongs to the namespace that the store has when it is set, and `clear` removes the entries of the namespace, at the cost of
 * these alone.
 *
 * A value too large for the cache is not stored, and `set` resolves with false. Without a ttl the cache's own holds. Keyv 6 can use it too;
 * {@link SharedCacheStorage} serves that better.
 */
export class SharedCacheStore {
  /** The cache, for what Keyv has no call for: `fetch`, tags, events, statistics. */
  readonly cache: SharedCache<any, any>
  /** The options, and what lets Keyv 5 iterate: it does so only for stores that carry the dialect of one of its own. */
  readonly opts: any
  /** Set by Keyv 5. Not there until then: by that Keyv 6 knows that it must keep namespaces apart itself. */
  declare namespace?: string | undefined
  readonly #release: () => void

  constructor(options: SharedCacheStoreOptions) {
    const { cache, release } = cacheOf(options)
    this.cache = cache
    this.#release = release
    this.opts = { ...options, dialect: 'redis', url: `shardmap:${cache.name}` }
  }

  /** Resolves with the value of the key, or undefined. */
  async get(key: string): Promise<any> {
    return this.cache.get(key)
  }

  /** Resolves with the values of the keys, in their order. */
  async getMany(keys: string[]): Promise<any[]> {
    return this.cache.getMany(keys)
  }

  /** `ttl` in milliseconds. Resolves with false when the value is too large for the cache. */
  async set(key: string, value: any, ttl?: number): Promise<boolean> {
    return write(this.cache, { key, value, ttl }, this.#tags())
  }

  /** Resolves with one boolean for each entry, which Keyv 5 hands on although it has no type for them. */
  async setMany(entries: { key: string; value: any; ttl?: number }[]): Promise<any> {
    const writes = entries.map(({ key, value, ttl }) => ({ key, value, ttl }))
    return writeAll(this.cache, writes, this.#tags())
  }

  /** Resolves with whether there was one. */
  async delete(key: string): Promise<boolean> {
    return this.cache.delete(key)
  }

  /** Resolves with whether all of them were there. */
  async deleteMany(keys: string[]): Promise<boolean> {
    return keys.map((key) => this.cache.delete(key)).every(Boolean)
  }

  /** Resolves with whether the key has a value that has not expired. */
  async has(key: string): Promise<boolean> {
    return this.cache.has(key)
  }

  /** The same for each key. */
  async hasMany(keys: string[]): Promise<boolean[]> {
    return keys.map((key) => this.cache.has(key))
  }

  /** Removes the entries of the namespace; without one, all entries of the cache. */
  async clear(): Promise<void> {
    clear(this.cache, this.namespace)
  }

  /** Every entry whose key begins with the namespace, weakly consistent; without a namespace every entry under a string. */
  async *iterator(namespace?: string): AsyncGenerator<[string, any], void> {
    const prefix = namespace ? `${namespace}:` : ''
    for (const key of this.cache.keys()) {
      if (typeof key !== 'string' || !key.startsWith(prefix)) continue
      const value = this.cache.peek(key)
      if (value !== undefined) yield [key, value]
    }
  }

  /** Closes the handle, unless the cache was given. The entries stay for the others of the process. */
  async disconnect(): Promise<void> {
    this.#release()
  }

  /** Here for Keyv, which listens for errors: a call that fails rejects, and nothing fails between calls. */
  on(_event: string, _listener: (...args: any[]) => void): this {
    return this
  }

  #tags(): string[] | undefined {
    return tagsOf(this.namespace)
  }
}

/**
 * A store for Keyv 6, a storage adapter as it calls them: `new Keyv({ store: new SharedCacheStorage({ name: 'pages', max: 10_000 }) })`. The entry of
 * a key is in the cache under `[namespace, key]`, without a namespace under `key`. For the rest it is as {@link SharedCacheStore}.
 */
export class SharedCacheStorage {
  /** The cache, for what Keyv has no call for: `fetch`, tags, events, statistics. */
  readonly cache: SharedCache<any, any>
  /** Set by Keyv. */
  namespace: string | undefined = undefined
  readonly #release: () => void

  constructor(options: SharedCacheStoreOptions) {
    const { cache, release } = cacheOf(options)
    this.cache = cache
    this.#release = release
  }

  /** Tells Keyv 6 that times of expiry are absolute here. */
  get capabilities(): {
    /** It has all that Keyv asks for. */
    compatible: boolean
    /** The kind of a store, in Keyv's words. */
    store: 'keyvStorage'
    /** What it can, by method. */
    methods: any
    /** Whether times of expiry are absolute. */
    expires: true
  } {
    const names = ['get', 'getMany', 'has', 'hasMany', 'set', 'setMany', 'delete', 'deleteMany', 'clear', 'disconnect', 'iterator']
    const methods = Object.fromEntries(names.map((name) => [name, { exists: true, methodType: name === 'iterator' ? 'sync' : 'async' }]))
    return { compatible: true, store: 'keyvStorage', methods, expires: true }
  }

  /** Resolves with the value of the key, or undefined. */
  async get(key: string): Promise<any> {
    return this.cache.get(this.#place(key))
  }

  /** Resolves with the values of the keys, in their order. */
  async getMany(keys: string[]): Promise<any[]> {
    return this.cache.getMany(keys.map((key) => this.#place(key)))
  }

  /** `expires` in milliseconds since 1970. Resolves with false when the value is too large for the cache. */
  async set(key: string, value: unknown, expires?: number): Promise<boolean> {
    return write(this.cache, { key: this.#place(key), value, ttl: ttlUntil(expires) }, tagsOf(this.namespace))
  }

  /** As `set` for each entry. */
  async setMany(entries: { key: string; value: any; expires?: number | undefined }[]): Promise<boolean[]> {
    const writes = entries.map(({ key, value, expires }) => ({ key: this.#place(key), value, ttl: ttlUntil(expires) }))
    return writeAll(this.cache, writes, tagsOf(this.namespace))
  }

  /** Resolves with whether there was one. */
  async delete(key: string): Promise<boolean> {
    return this.cache.delete(this.#place(key))
  }

  /** Resolves with whether there was one, for each key. */
  async deleteMany(keys: string[]): Promise<boolean[]> {
    return keys.map((key) => this.cache.delete(this.#place(key)))
  }

  /** Resolves with whether the key has a value that has not expired. */
  async has(key: string): Promise<boolean> {
    return this.cache.has(this.#place(key))
  }

  /** The same for each key. */
  async hasMany(keys: string[]): Promise<boolean[]> {
    return keys.map((key) => this.cache.has(this.#place(key)))
  }

  /** Removes the entries of the namespace; without one, all entries of the cache. */
  async clear(): Promise<void> {
    clear(this.cache, this.namespace)
  }

  /** Every entry of the namespace, or every one without, weakly consistent. */
  async *iterator(): AsyncGenerator<[string, any], void> {
    for (const place of this.cache.keys()) {
      const [namespace, key] = Array.isArray(place) ? place : ['', place]
      if (namespace !== (this.namespace ?? '') || typeof key !== 'string') continue
      const value = this.cache.peek(place)
      if (value !== undefined) yield [key, value]
    }
  }

  /** Closes the handle, unless the cache was given. The entries stay for the others of the process. */
  async disconnect(): Promise<void> {
    this.#release()
  }

  /** Here for Keyv, which listens for errors: a call that fails rejects, and nothing fails between calls. */
  on(_event: string, _listener: (...args: any[]) => void): this {
    return this
  }

  #place(key: string): string | [string, string] {
    return this.namespace ? [this.namespace, key] : key
  }
}

const tagOf = (namespace: string): string => `keyv:${namespace}`

const tagsOf = (namespace: string | undefined): string[] | undefined => (namespace ? [tagOf(namespace)] : undefined)

function clear(cache: SharedCache<any, any>, namespace: string | undefined): void {
  if (namespace) cache.invalidateTag(tagOf(namespace))
  else cache.clear()
}

function ttlUntil(expires: number | undefined): number | undefined {
  if (expires === undefined) return undefined
  if (expires > 0 && expires < FIRST_TIME) {
    throw new ShardmapError('ERR_SHARDMAP_OPTION', `SharedCacheStorage takes the time at which an entry expires, not the duration ${expires}: with Keyv 5 use SharedCacheStore`)
  }
  return expires - Date.now()
}
