/** One part of a key. 1 and '1' differ, NaN equals NaN, -0 is 0, a string with a lone surrogate is a key of its own. */
export type KeyPart = string | number | bigint | boolean | Uint8Array

/** A key: one part, or a flat tuple of parts. At most 65,535 bytes encoded; anything else throws `ERR_SHARDMAP_KEY`. */
export type Key = KeyPart | readonly KeyPart[]

/** Milliseconds. */
export type Ms = number

/** Options of {@link SharedMap.open}. An option left out matches whatever the map already has. */
export interface SharedMapOptions {
  /** Number of shards, a power of two above 1. Default: from the machine and the expected size. */
  shards?: number
  /** Entries to make room for at once. A hint of this thread's, never compared. */
  expectedEntries?: number
  /**
   * Entries that this thread's near cache may keep decoded, shared by all its handles of the map; with them at most 16 MiB of values.
   * Default 8192; 0 turns it off for this handle. The latest number given in a thread is the one in force there.
   */
  near?: number
  /** An exact limit of entries: a write beyond it throws `ERR_SHARDMAP_FULL` and changes nothing. */
  maxEntries?: number
  /** An exact limit of bytes (keys, values and overhead): a write beyond it throws `ERR_SHARDMAP_FULL` and changes nothing. */
  maxBytes?: number
}

/** Options of {@link SharedMap.batch}. */
export interface BatchOptions {
  /** Writes gathered before they cross to the map together. Default 64. */
  size?: number
  /** Milliseconds after which the gathered writes cross although there are fewer. Default 10. */
  intervalMs?: Ms
}

/** What {@link SharedMap.stats} returns: sums over all threads since the map was made, except where it says otherwise. */
export interface MapStats {
  /** Entries now. */
  entries: number
  /** Bytes now: keys, values and overhead. */
  bytes: number
  /** Number of shards. */
  shards: number
  /** Reads of one key, those answered by near caches included. Other threads report near hits with a delay of up to 1,023 hits each. */
  gets: number
  /** Reads that found an entry, or were answered by a near cache. */
  hits: number
  /** Reads answered by a near cache. */
  nearHits: number
  /** Writes that stored a value. */
  sets: number
  /** Entries removed. */
  deletes: number
  /** How often a shard grew. */
  growths: number
  /** The most entries ever moved under one lock. */
  largestMove: number
}

/**
 * An immutable view of one point in time. Holding one costs the memory of what changed since. It stays valid after the map is
 * destroyed. A closed one throws `ERR_SHARDMAP_CLOSED` from every method.
 */
export interface Snapshot<K extends Key, V> extends Iterable<[K, V]> {
  /** Rises with each snapshot of the map. */
  readonly version: bigint
  /** When it was taken. */
  readonly at: Date
  /** Entries in it. */
  readonly size: number
  /** The value that the key had, deeply frozen where it is plain data; undefined when it had none. */
  get(key: K): V | undefined
  /** Whether the key had a value. */
  has(key: K): boolean
  /** Every entry once, in no particular order. */
  entries(): IterableIterator<[K, V]>
  /** Every key once. */
  keys(): IterableIterator<K>
  /** Every value once. */
  values(): IterableIterator<V>
  /** Frees what only this snapshot kept. Closing twice is fine. */
  close(): void
  /** The same as {@link Snapshot.close}, for `using`. */
  [Symbol.dispose](): void
}

/**
 * Gathers writes of one thread and applies many in one crossing; the last write to a key wins. Values are encoded, and refused, at `set`.
 * `worker.terminate()` loses what is pending. A closed one throws `ERR_SHARDMAP_CLOSED`.
 */
export interface Batch<K extends Key, V> {
  /** Gathers a write. Throws first what a flush by the timer could not say: then this write was not taken. */
  set(key: K, value: V): this
  /** Gathers a deletion; otherwise as `set`. */
  delete(key: K): this
  /** The value as this batch would leave it: a pending write, else what the map has. */
  get(key: K): V | undefined
  /** Keys with a pending write. */
  readonly pending: number
  /** Applies the pending writes in order. At a limit it throws `ERR_SHARDMAP_FULL`; what was not applied stays pending. */
  flush(): void
  /** Flushes and ends the batch; so do closing the map's handle and the orderly exit of the thread. Closing twice is fine. */
  close(): void
  /** The same as {@link Batch.close}, for `using`. */
  [Symbol.dispose](): void
}
