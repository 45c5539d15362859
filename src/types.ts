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
  /** Of a SharedMap: rises with each snapshot. Of a SnapshotMap: the version. */
  readonly version: bigint
  /** When it was taken; of a SnapshotMap, when the version was made. */
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

/** Options of {@link SnapshotMap.open}. An option left out matches whatever the map already has. */
export interface SnapshotMapOptions {
  /** Versions kept beside the latest one and the ones that snapshots hold; across restarts too. Default 16. */
  history?: number
  /** `'delta'` (default): a commit costs what it changes. `'copy'`: it copies everything, and reading whole versions is fastest. */
  mode?: 'delta' | 'copy'
  /** As for {@link SharedMapOptions.near}. */
  near?: number
  /** A file that keeps the map. It belongs to one process at a time. Absent: memory only. */
  path?: string
  /**
   * With a `path`, when a commit is on disk: before it resolves (default), at most 100 ms later, or when the map is destroyed or the process ends. The
   * orderly end of the process (`process.exit`, or nothing left to do) loses nothing in any of them; a kill loses what was not on disk, and always
   * whole commits. Without a `path` nothing is kept, whatever this says.
   */
  durability?: 'immediate' | 'eventual' | 'none'
}

/** Options of {@link SnapshotMap.commit}. */
export interface CommitOptions {
  /** Gives up waiting and trying again. A commit that was already handed over may still be made. */
  signal?: AbortSignal
  /** The commit fails with `ERR_SHARDMAP_LOCKED` if this lease has ended when its turn comes, before it is written to the file. */
  lease?: Lease
}

/** Options of {@link SnapshotMap.lock}. */
export interface LockOptions {
  /** How long the lease lasts unless it is renewed. Default 30,000. */
  leaseMs?: Ms
  /** Gives up waiting. */
  signal?: AbortSignal
}

/** What {@link SnapshotMap.tryCommit} takes. */
export interface CommitRequest<K extends Key, V> {
  /** A name under which it is done once: asked for again, it resolves with the version it had. The last 10,000 are remembered. */
  txId?: string
  /** The version it was made from. `ERR_SHARDMAP_VERSION` when that is no longer kept. */
  version: bigint
  /** Keys that nobody may have written since. Left out: the keys that it writes. */
  reads?: Iterable<K>
  /** What to write; undefined deletes. */
  writes: Iterable<readonly [K, V | undefined]>
}

/** One try of a commit. Dead once the function it was given to has returned. */
export interface Transaction<K extends Key, V> {
  /** The version it reads. */
  readonly version: bigint
  /** The value as this transaction would leave it. The key is checked at commit: was it written meanwhile, the function runs again. */
  get(key: K): V | undefined
  /** Writes a value; undefined deletes. */
  set(key: K, value: V): void
  /** Deletes a key. */
  delete(key: K): void
}

/** A key in which a version differs from the one before it. */
export interface Change<K extends Key, V> {
  /** The version that changed it. */
  version: bigint
  /** The key that was written. */
  key: K
  /** Undefined: there was none. */
  before: V | undefined
  /** Undefined: there is none. */
  after: V | undefined
}

/** Keys locked for their holder. Advisory: only lockers of the same keys wait. */
export interface Lease {
  /** What is locked. */
  readonly keys: readonly Key[]
  /** Rises with every lease of the map: hand it to what the lease guards, which refuses lower ones. */
  readonly token: bigint
  /** Aborts when the lease ends, however it ends. */
  readonly signal: AbortSignal
  /** Lets it last so much longer from now (default: as long as at first). False when it has ended. */
  renew(leaseMs?: Ms): boolean
  /** Ends it. Releasing twice is fine. */
  release(): void
  /** The same as {@link Lease.release}, for `using`. */
  [Symbol.dispose](): void
}

/** What {@link SnapshotMap.stats} returns, for the whole process. */
export interface SnapshotStats {
  /** The latest version. */
  version: bigint
  /** Entries of the latest version. */
  entries: number
  /** Versions kept, the latest included. */
  versionsKept: number
  /** Snapshots that were taken and not closed. */
  liveSnapshots: number
  /** The age of the oldest of them: what it holds cannot be freed. */
  oldestSnapshotMs: Ms
  /** Commits made since the map was opened. */
  commits: number
  /** Commits refused because a key they read was written meanwhile. */
  conflicts: number
  /** Writes to the file, each of one commit or of several that came together. */
  logWrites: number
  /** Bytes of the latest version: keys, values and overhead. */
  bytes: number
}
