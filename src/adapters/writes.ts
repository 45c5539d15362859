import { ShardmapError, type Key, type SharedCache } from '../index'

/** A write as the adapters are asked for it. No ttl: the cache's own; 0 or less: it has expired already. */
export interface Write {
  key: Key
  value: unknown
  ttl: number | undefined
}

type Cache = SharedCache<any, any>
type Tags = readonly string[] | undefined

/** Stores one entry; false when it is too large for the cache, which then has no entry of that key. */
export function write(cache: Cache, { key, value, ttl }: Write, tags?: Tags): boolean {
  if (hasExpired(ttl)) {
    cache.delete(key)
    return true
  }
  return unlessFull(() => cache.set(key, value, terms(ttl, tags)))
}

/** Stores all entries, the later of one key last, and tells of each whether it was stored. Those that follow each other with one ttl go together. */
export function writeAll(cache: Cache, writes: readonly Write[], tags?: Tags): boolean[] {
  const stored: boolean[] = []
  for (let start = 0, end = 0; start < writes.length; start = end) {
    const { ttl } = writes[start]!
    while (end < writes.length && writes[end]!.ttl === ttl) end++
    const run = writes.slice(start, end)
    // One that is too large refuses the whole run: then each is tried alone.
    const together = !hasExpired(ttl) && unlessFull(() => cache.setMany(run.map(({ key, value }) => [key, value] as const), terms(ttl, tags)))
    for (const one of run) stored.push(together || write(cache, one, tags))
  }
  return stored
}

const hasExpired = (ttl: number | undefined): boolean => ttl !== undefined && ttl <= 0

function terms(ttl: number | undefined, tags: Tags): { ttl?: number; tags?: readonly string[] } {
  return { ...(ttl !== undefined && { ttl }), ...(tags && { tags }) }
}

function unlessFull(store: () => unknown): boolean {
  try {
    store()
    return true
  } catch (error) {
    if (error instanceof ShardmapError && error.code === 'ERR_SHARDMAP_FULL') return false
    throw error
  }
}
