/**
 * A driver for unstorage that keeps its items in a {@link SharedCache}: one copy for all worker threads of the process, bounded.
 *
 * @packageDocumentation
 */
import { ShardmapError, type SharedCache, type SharedCacheOptions } from '../index'
import { cacheOf } from './source'
import { write, writeAll } from './writes'

/** The cache of that name, opened with these options (their `ttl` in milliseconds) and let go of by `dispose`; or one that is open already. */
export type SharedCacheDriverOptions = (
  | (SharedCacheOptions & {
      /** The name of the cache. */
      name: string
    })
  | {
      /** A cache that is open already. */
      cache: SharedCache<any, any>
    }
) & {
  /** What the keys of this driver begin with in the cache, for several drivers on one. */
  base?: string
}

/** Options of one call; `ttl` in seconds, as with the other drivers of unstorage. */
export interface SharedCacheItemOptions {
  /** Seconds until the item expires. Default: the cache's `ttl`. */
  ttl?: number
  [option: string]: any
}

/** What {@link sharedCacheDriver} makes: a driver for `createStorage({ driver })`. */
export interface SharedCacheDriver {
  /** `'shardmap'`. */
  name: string
  /** What the driver can. */
  flags: {
    /** It keeps a ttl for each item. */
    ttl: boolean
  }
  /** What it was made with. */
  options: SharedCacheDriverOptions
  /** The cache, for what unstorage has no call for: `fetch`, tags, events, statistics. */
  getInstance(): SharedCache<any, any>
  /** Whether there is an item that has not expired. */
  hasItem(key: string): boolean
  /** The item, or null. */
  getItem(key: string): any
  /** The items of the keys, in their order, each or null. */
  getItems(items: { key: string }[]): {
    /** As it was asked for. */
    key: string
    /** The item, or null. */
    value: any
  }[]
  /** As `getItem`: any value that a cache takes. */
  getItemRaw(key: string): unknown
  /** Stores an item; throws `ERR_SHARDMAP_FULL` for one that is too large. */
  setItem(key: string, value: string, options?: SharedCacheItemOptions): void
  /** The same for several, each with its own options over the common ones. */
  setItems(items: { key: string; value: string; options?: SharedCacheItemOptions }[], common?: SharedCacheItemOptions): void
  /** As `setItem`, for any value that a cache takes. */
  setItemRaw(key: string, value: unknown, options?: SharedCacheItemOptions): void
  /** Removes an item. */
  removeItem(key: string): void
  /** The seconds that are left, if the item has a ttl; null if there is no item. */
  getMeta(key: string): {
    /** Absent: there is no end. */
    ttl?: number
  } | null
  /** The keys that begin with `base`; it passes over all keys of the cache. */
  getKeys(base?: string): string[]
  /** Removes the items whose keys begin with `base`, or all of the driver. */
  clear(base?: string): void
  /** Closes the handle, unless the cache was given, and stops watching. */
  dispose(): void
  /**
   * Tells of what this driver writes, of what any thread replaces or deletes, and of what is evicted or expires; of what this driver replaces, twice. What
   * another thread stores under a new key it does not tell.
   */
  watch(callback: (event: 'update' | 'remove', key: string) => any): () => void
}

/**
 * A driver for unstorage: `createStorage({ driver: sharedCacheDriver({ name: 'pages', max: 10_000 }) })`. Items are kept as long as there is room:
 * it is a cache. One that is too large for it is not kept, nor its old value, and `ERR_SHARDMAP_FULL` is thrown. `clear` of the whole driver costs what it
 * removes; `getKeys`, and `clear` of a part, pass over all keys of the cache.
 */
export function sharedCacheDriver(options: SharedCacheDriverOptions): SharedCacheDriver {
  const { base: given, ...source } = options
  const { cache, release } = cacheOf(source)
  const base = given ? `${withoutColons(given)}:` : ''
  const tags = base ? [`unstorage:${base}`] : undefined
  const watchers = new Map<Watcher, () => void>()
  const written = (key: string): void => {
    for (const { callback } of watchers.keys()) callback('update', key)
  }

  const writeOf = (key: string, value: unknown, { ttl }: SharedCacheItemOptions = {}) => ({ key: base + key, value, ttl: typeof ttl === 'number' && ttl > 0 ? ttl * 1000 : undefined })
  const set = (key: string, value: unknown, itemOptions?: SharedCacheItemOptions): void => {
    if (!write(cache, writeOf(key, value, itemOptions), tags)) throw tooLarge([key])
    written(key)
  }
  const keysUnder = (under = ''): string[] => {
    const prefix = base + under
    const found: string[] = []
    for (const key of cache.keys()) if (typeof key === 'string' && key.startsWith(prefix)) found.push(key.slice(base.length))
    return found
  }

  return {
    name: 'shardmap',
    flags: { ttl: true },
    options,
    getInstance: () => cache,
    hasItem: (key) => cache.has(base + key),
    getItem: (key) => cache.get(base + key) ?? null,
    getItems(items) {
      const values = cache.getMany(items.map(({ key }) => base + key))
      return items.map(({ key }, i) => ({ key, value: values[i] ?? null }))
    },
    getItemRaw: (key) => cache.get(base + key) ?? null,
    setItem: set,
    setItems(items, common) {
      const stored = writeAll(cache, items.map((item) => writeOf(item.key, item.value, { ...common, ...item.options })), tags)
      for (const [i, { key }] of items.entries()) if (stored[i]) written(key)
      const refused = items.filter((_, i) => !stored[i]).map(({ key }) => key)
      if (refused.length > 0) throw tooLarge(refused)
    },
    setItemRaw: set,
    removeItem(key) {
      cache.delete(base + key)
    },
    getMeta(key) {
      const left = cache.getRemainingTTL(base + key)
      if (left === 0) return null
      return left === Infinity ? {} : { ttl: left / 1000 }
    },
    getKeys: keysUnder,
    clear(under) {
      if (under) for (const key of keysUnder(under)) cache.delete(base + key)
      else if (tags) cache.invalidateTag(tags[0]!)
      else cache.clear()
    },
    dispose() {
      for (const stop of watchers.values()) stop()
      release()
    },
    watch(callback) {
      const tell = (event: 'update' | 'remove') => ({ key }: { key: unknown }) => {
        if (typeof key === 'string' && key.startsWith(base)) callback(event, key.slice(base.length))
      }
      const ends = [cache.on('replace', tell('update')), ...(['delete', 'expire', 'evict'] as const).map((event) => cache.on(event, tell('remove')))]
      const watcher: Watcher = { callback }
      const stop = (): void => {
        watchers.delete(watcher)
        for (const end of ends) end()
      }
      watchers.set(watcher, stop)
      return stop
    },
  }
}

function withoutColons(base: string): string {
  let end = base.length
  while (base[end - 1] === ':') end--
  return base.slice(0, end)
}

interface Watcher {
  callback: (event: 'update' | 'remove', key: string) => any
}

function tooLarge(keys: string[]): ShardmapError {
  return new ShardmapError('ERR_SHARDMAP_FULL', `too large for the cache: ${keys.join(', ')}; raise maxEntryBytes or maxBytes, or store less under one key`, keys)
}
