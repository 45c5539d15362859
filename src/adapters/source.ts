import { SharedCache, type SharedCacheOptions } from '../index'

/** What every adapter is made from: a name and the options of `SharedCache.open`, or a cache that is open already. */
export type Source = (SharedCacheOptions & { name: string }) | { cache: SharedCache<any, any> }

/** The cache to use, and the way to let go of it: a handle opened here is closed, one that was given stays open. */
export function cacheOf(source: Source): { cache: SharedCache<any, any>; release: () => void } {
  if ('cache' in source) return { cache: source.cache, release: () => {} }
  const { name, ...options } = source
  const cache = SharedCache.open<any, any>(name, options)
  return { cache, release: () => cache.close() }
}
