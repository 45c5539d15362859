import type { Key, Ms } from './types'

/** Options of {@link SharedCache.open}. An option left out matches whatever the cache already has. Making a cache needs `max` or `maxBytes`. */
export interface SharedCacheOptions {
  /** Entries it holds at most, exactly. */
  max?: number
  /** Bytes it holds at most, exactly: keys, values, tags and the overhead of each entry. */
  maxBytes?: number
  /** Bytes that one entry may have. Default: whatever fits in `maxBytes`. */
  maxEntryBytes?: number
  /** How long an entry is fresh, in milliseconds from 1 on, unless its write says otherwise. Default: for ever. */
  ttl?: Ms
  /** Shortens each ttl by a random part of at most this fraction, so that what was written together does not expire together. Default 0. */
  ttlJitter?: number
  /** Whether a read lets the entry's ttl begin anew. Such entries are read past the near cache. Default false. */
  updateAgeOnGet?: boolean
  /** Whether `get` may give an expired value that is still there: for as long again as it was fresh. Default false. */
  allowStale?: boolean
  /** Which entry goes when there is no room. `'tinylfu'` (default) keeps what is used often, `'lru'` what was used last. */
  policy?: 'tinylfu' | 'lru'
  /**
   * Entries that this thread's near cache may keep decoded, shared by all its handles of the cache; with them at most 16 MiB of values.
   * Default 8192; 0 turns it off for this handle. The latest number given in a thread is the one in force there.
   */
  near?: number
}

/** Options of {@link SharedCache.set} and {@link SharedCache.setMany}. */
export interface CacheSetOptions {
  /** How long the entry is fresh: from 1 ms on, or Infinity. Default: the cache's `ttl`. */
  ttl?: Ms
  /** By which it can be invalidated: at most 64, each of 1 to 256 characters. */
  tags?: readonly string[]
}

/**
 * Options of {@link SharedCache.fetch}. Of all who wait for a load, the `ttl`, `tags` and `staleWhileRevalidate` of the caller whose loader runs are those
 * that count for its entry.
 */
export interface FetchOptions {
  /** How long the loaded entry is fresh: from 1 ms on, or Infinity. Default: the cache's `ttl`. */
  ttl?: Ms
  /**
   * For so long after its expiry an entry is answered as it is, while one load in the background replaces it. It is also what answers when a
   * loader throws. It needs an entry that was fetched with it: the old value of that one is kept for that long. Default 0.
   */
  staleWhileRevalidate?: Ms
  /** After so long the promise rejects with `ERR_SHARDMAP_TIMEOUT`. If this caller was loading, the next one's loader runs. */
  timeout?: Ms
  /** Gives up: the promise rejects with the signal's reason. If this caller was loading, the next one's loader runs. */
  signal?: AbortSignal
  /** As for {@link CacheSetOptions.tags}. */
  tags?: readonly string[]
  /** Loads although there is a fresh value; a load that is under way already is waited for. Default false. */
  forceRefresh?: boolean
}

/** What {@link SharedCache.fetch} gives its loader. */
export interface LoadContext<V> {
  /** Aborts when the result is not wanted any more. What the loader returns after that is ignored. */
  signal: AbortSignal
  /** The expired value, if it is still there. */
  stale: V | undefined
}

/** What {@link SharedCache.on} listens for. */
export type CacheEventName = 'evict' | 'expire' | 'replace' | 'delete' | 'dropped'

/** An entry that went, or events that were dropped. */
export interface CacheEvent<K extends Key> {
  /** Undefined for `dropped`. */
  key: K
  /** `size`, `expired`, `replaced`, `deleted` or `invalidated`; `overflow` for `dropped`. */
  cause: string
  /** For `dropped`: how many. */
  count?: number
}

/** What {@link SharedCache.stats} returns: sums over all threads since the cache was made, except where it says otherwise. */
export interface CacheStats {
  /** Entries now. */
  entries: number
  /** Bytes now, of the kind that `maxBytes` bounds. */
  bytes: number
  /** Reads that found a value. Other threads report hits of their near caches with a delay of up to 63 each. */
  hits: number
  /** Hits answered by a near cache. */
  nearHits: number
  /** Reads that found none, or an expired one. */
  misses: number
  /** Loaders run by `fetch`. */
  loads: number
  /** Loaders that threw. */
  loadErrors: number
  /** Entries that went, by `size`, `expired`, `replaced`, `deleted` and `invalidated`. */
  evictions: Record<string, number>
}
