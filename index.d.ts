// Emitted from src/ by `npm run build`; edit it there.
/// <reference lib="esnext.disposable" />

/** One part of a key. 1 and '1' differ, NaN equals NaN, -0 is 0, a string with a lone surrogate is a key of its own. */
export type KeyPart = string | number | bigint | boolean | Uint8Array;
/** A key: one part, or a flat tuple of parts. At most 65,535 bytes encoded; anything else throws `ERR_SHARDMAP_KEY`. */
export type Key = KeyPart | readonly KeyPart[];
/** Milliseconds. */
export type Ms = number;
/** Options of {@link SharedMap.open}. An option left out matches whatever the map already has. */
export interface SharedMapOptions {
  /** Number of shards, a power of two above 1. Default: from the machine and the expected size. */
  shards?: number;
  /** Entries to make room for at once. A hint of this thread's, never compared. */
  expectedEntries?: number;
  /**
   * Entries that this thread's near cache may keep decoded, shared by all its handles of the map; with them at most 16 MiB of values.
   * Default 8192; 0 turns it off for this handle. The latest number given in a thread is the one in force there.
   */
  near?: number;
  /** An exact limit of entries: a write beyond it throws `ERR_SHARDMAP_FULL` and changes nothing. */
  maxEntries?: number;
  /** An exact limit of bytes (keys, values and overhead): a write beyond it throws `ERR_SHARDMAP_FULL` and changes nothing. */
  maxBytes?: number;
}
/** Options of {@link SharedMap.batch}. */
export interface BatchOptions {
  /** Writes gathered before they cross to the map together. Default 64. */
  size?: number;
  /** Milliseconds after which the gathered writes cross although there are fewer. Default 10. */
  intervalMs?: Ms;
}
/** What {@link SharedMap.stats} returns: sums over all threads since the map was made, except where it says otherwise. */
export interface MapStats {
  /** Entries now. */
  entries: number;
  /** Bytes now: keys, values and overhead. */
  bytes: number;
  /** Number of shards. */
  shards: number;
  /** Reads of one key, those answered by near caches included. Other threads report near hits with a delay of up to 1,023 hits each. */
  gets: number;
  /** Reads that found an entry, or were answered by a near cache. */
  hits: number;
  /** Reads answered by a near cache. */
  nearHits: number;
  /** Writes that stored a value. */
  sets: number;
  /** Entries removed. */
  deletes: number;
  /** How often a shard grew. */
  growths: number;
  /** The most entries ever moved under one lock. */
  largestMove: number;
}
/**
 * An immutable view of one point in time. Holding one costs the memory of what changed since. It stays valid after the map is
 * destroyed. A closed one throws `ERR_SHARDMAP_CLOSED` from every method.
 */
export interface Snapshot<K extends Key, V> extends Iterable<[
  K,
  V
]> {
  /** Of a SharedMap: rises with each snapshot. Of a SnapshotMap: the version. */
  readonly version: bigint;
  /** When it was taken; of a SnapshotMap, when the version was made. */
  readonly at: Date;
  /** Entries in it. */
  readonly size: number;
  /** The value that the key had, deeply frozen where it is plain data; undefined when it had none. */
  get(key: K): V | undefined;
  /** Whether the key had a value. */
  has(key: K): boolean;
  /** Every entry once, in no particular order. */
  entries(): IterableIterator<[
    K,
    V
  ]>;
  /** Every key once. */
  keys(): IterableIterator<K>;
  /** Every value once. */
  values(): IterableIterator<V>;
  /** Frees what only this snapshot kept. Closing twice is fine. */
  close(): void;
  /** The same as {@link Snapshot.close}, for `using`. */
  [Symbol.dispose](): void;
}
/**
 * Gathers writes of one thread and applies many in one crossing; the last write to a key wins. Values are encoded, and refused, at `set`.
 * `worker.terminate()` loses what is pending. A closed one throws `ERR_SHARDMAP_CLOSED`.
 */
export interface Batch<K extends Key, V> {
  /** Gathers a write. Throws first what a flush by the timer could not say: then this write was not taken. */
  set(key: K, value: V): this;
  /** Gathers a deletion; otherwise as `set`. */
  delete(key: K): this;
  /** The value as this batch would leave it: a pending write, else what the map has. */
  get(key: K): V | undefined;
  /** Keys with a pending write. */
  readonly pending: number;
  /** Applies the pending writes in order. At a limit it throws `ERR_SHARDMAP_FULL`; what was not applied stays pending. */
  flush(): void;
  /** Flushes and ends the batch; so do closing the map's handle and the orderly exit of the thread. Closing twice is fine. */
  close(): void;
  /** The same as {@link Batch.close}, for `using`. */
  [Symbol.dispose](): void;
}
/** Options of {@link SnapshotMap.open}. An option left out matches whatever the map already has. */
export interface SnapshotMapOptions {
  /** Versions kept beside the latest one and the ones that snapshots hold; across restarts too. Default 16. */
  history?: number;
  /** `'delta'` (default): a commit costs what it changes. `'copy'`: it copies everything, and reading whole versions is fastest. */
  mode?: "delta" | "copy";
  /** As for {@link SharedMapOptions.near}. */
  near?: number;
  /** A file that keeps the map. It belongs to one process at a time. Absent: memory only. */
  path?: string;
  /**
   * With a `path`, when a commit is on disk: before it resolves (default), at most 100 ms later, or when the map is destroyed or the process ends. The
   * orderly end of the process (`process.exit`, or nothing left to do) loses nothing in any of them; a kill loses what was not on disk, and always
   * whole commits. Without a `path` nothing is kept, whatever this says.
   */
  durability?: "immediate" | "eventual" | "none";
}
/** Options of {@link SnapshotMap.commit}. */
export interface CommitOptions {
  /** Gives up waiting and trying again. A commit that was already handed over may still be made. */
  signal?: AbortSignal;
  /** The commit fails with `ERR_SHARDMAP_LOCKED` if this lease has ended when its turn comes, before it is written to the file. */
  lease?: Lease;
}
/** Options of {@link SnapshotMap.lock}. */
export interface LockOptions {
  /** How long the lease lasts unless it is renewed. Default 30,000. */
  leaseMs?: Ms;
  /** Gives up waiting. */
  signal?: AbortSignal;
}
/** What {@link SnapshotMap.tryCommit} takes. */
export interface CommitRequest<K extends Key, V> {
  /** A name under which it is done once: asked for again, it resolves with the version it had. The last 10,000 are remembered. */
  txId?: string;
  /** The version it was made from. `ERR_SHARDMAP_VERSION` when that is no longer kept. */
  version: bigint;
  /** Keys that nobody may have written since. Left out: the keys that it writes. */
  reads?: Iterable<K>;
  /** What to write; undefined deletes. */
  writes: Iterable<readonly [
    K,
    V | undefined
  ]>;
}
/** One try of a commit. Dead once the function it was given to has returned. */
export interface Transaction<K extends Key, V> {
  /** The version it reads. */
  readonly version: bigint;
  /** The value as this transaction would leave it. The key is checked at commit: was it written meanwhile, the function runs again. */
  get(key: K): V | undefined;
  /** Writes a value; undefined deletes. */
  set(key: K, value: V): void;
  /** Deletes a key. */
  delete(key: K): void;
}
/** A key in which a version differs from the one before it. */
export interface Change<K extends Key, V> {
  /** The version that changed it. */
  version: bigint;
  /** The key that was written. */
  key: K;
  /** Undefined: there was none. */
  before: V | undefined;
  /** Undefined: there is none. */
  after: V | undefined;
}
/** Keys locked for their holder. Advisory: only lockers of the same keys wait. */
export interface Lease {
  /** What is locked. */
  readonly keys: readonly Key[];
  /** Rises with every lease of the map: hand it to what the lease guards, which refuses lower ones. */
  readonly token: bigint;
  /** Aborts when the lease ends, however it ends. */
  readonly signal: AbortSignal;
  /** Lets it last so much longer from now (default: as long as at first). False when it has ended. */
  renew(leaseMs?: Ms): boolean;
  /** Ends it. Releasing twice is fine. */
  release(): void;
  /** The same as {@link Lease.release}, for `using`. */
  [Symbol.dispose](): void;
}
/** What {@link SnapshotMap.stats} returns, for the whole process. */
export interface SnapshotStats {
  /** The latest version. */
  version: bigint;
  /** Entries of the latest version. */
  entries: number;
  /** Versions kept, the latest included. */
  versionsKept: number;
  /** Snapshots that were taken and not closed. */
  liveSnapshots: number;
  /** The age of the oldest of them: what it holds cannot be freed. */
  oldestSnapshotMs: Ms;
  /** Commits made since the map was opened. */
  commits: number;
  /** Commits refused because a key they read was written meanwhile. */
  conflicts: number;
  /** Writes to the file, each of one commit or of several that came together. */
  logWrites: number;
  /** Bytes of the latest version: keys, values and overhead. */
  bytes: number;
}
/** What went wrong, for programs; the message is for people. */
export type ErrorCode = "ERR_SHARDMAP_KEY" | "ERR_SHARDMAP_VALUE" | "ERR_SHARDMAP_OPTION" | "ERR_SHARDMAP_FULL" | "ERR_SHARDMAP_CLOSED" | "ERR_SHARDMAP_MISMATCH" | "ERR_SHARDMAP_CONFLICT" | "ERR_SHARDMAP_VERSION" | "ERR_SHARDMAP_CORRUPT" | "ERR_SHARDMAP_LOCKED" | "ERR_SHARDMAP_IO" | "ERR_SHARDMAP_TIMEOUT" | "ERR_SHARDMAP_PANIC" | "ERR_SHARDMAP_BINARY";
/** The one error class of this package. A call that throws it has changed nothing. The message says what to do. */
export declare class ShardmapError extends Error {
  /** Stable across releases; compare this, never the message. */
  readonly code: ErrorCode;
  /** The keys concerned, where an operation on several keys can tell them. */
  readonly keys?: readonly Key[];
  constructor(code: ErrorCode, message: string, keys?: readonly Key[]);
}
/** Options of {@link SharedCache.open}. An option left out matches whatever the cache already has. Making a cache needs `max` or `maxBytes`. */
export interface SharedCacheOptions {
  /** Entries it holds at most, exactly. */
  max?: number;
  /** Bytes it holds at most, exactly: keys, values, tags and the overhead of each entry. */
  maxBytes?: number;
  /** Bytes that one entry may have. Default: whatever fits in `maxBytes`. */
  maxEntryBytes?: number;
  /** How long an entry is fresh, in milliseconds from 1 on, unless its write says otherwise. Default: for ever. */
  ttl?: Ms;
  /** Shortens each ttl by a random part of at most this fraction, so that what was written together does not expire together. Default 0. */
  ttlJitter?: number;
  /** Whether a read lets the entry's ttl begin anew. Such entries are read past the near cache. Default false. */
  updateAgeOnGet?: boolean;
  /** Whether `get` may give an expired value that is still there: for as long again as it was fresh. Default false. */
  allowStale?: boolean;
  /** Which entry goes when there is no room. `'tinylfu'` (default) keeps what is used often, `'lru'` what was used last. */
  policy?: "tinylfu" | "lru";
  /**
   * Entries that this thread's near cache may keep decoded, shared by all its handles of the cache; with them at most 16 MiB of values.
   * Default 8192; 0 turns it off for this handle. The latest number given in a thread is the one in force there.
   */
  near?: number;
}
/** Options of {@link SharedCache.set} and {@link SharedCache.setMany}. */
export interface CacheSetOptions {
  /** How long the entry is fresh: from 1 ms on, or Infinity. Default: the cache's `ttl`. */
  ttl?: Ms;
  /** By which it can be invalidated: at most 64, each of 1 to 256 characters. */
  tags?: readonly string[];
}
/**
 * Options of {@link SharedCache.fetch}. Of all who wait for a load, the `ttl`, `tags` and `staleWhileRevalidate` of the caller whose loader runs are those
 * that count for its entry.
 */
export interface FetchOptions {
  /** How long the loaded entry is fresh: from 1 ms on, or Infinity. Default: the cache's `ttl`. */
  ttl?: Ms;
  /**
   * For so long after its expiry an entry is answered as it is, while one load in the background replaces it. It is also what answers when a
   * loader throws. It needs an entry that was fetched with it: the old value of that one is kept for that long. Default 0.
   */
  staleWhileRevalidate?: Ms;
  /** After so long the promise rejects with `ERR_SHARDMAP_TIMEOUT`. If this caller was loading, the next one's loader runs. */
  timeout?: Ms;
  /** Gives up: the promise rejects with the signal's reason. If this caller was loading, the next one's loader runs. */
  signal?: AbortSignal;
  /** As for {@link CacheSetOptions.tags}. */
  tags?: readonly string[];
  /** Loads although there is a fresh value; a load that is under way already is waited for. Default false. */
  forceRefresh?: boolean;
}
/** What {@link SharedCache.fetch} gives its loader. */
export interface LoadContext<V> {
  /** Aborts when the result is not wanted any more. What the loader returns after that is ignored. */
  signal: AbortSignal;
  /** The expired value, if it is still there. */
  stale: V | undefined;
}
/** What {@link SharedCache.on} listens for. */
export type CacheEventName = "evict" | "expire" | "replace" | "delete" | "dropped";
/** An entry that went, or events that were dropped. */
export interface CacheEvent<K extends Key> {
  /** Undefined for `dropped`. */
  key: K;
  /** `size`, `expired`, `replaced`, `deleted` or `invalidated`; `overflow` for `dropped`. */
  cause: string;
  /** For `dropped`: how many. */
  count?: number;
}
/** What {@link SharedCache.stats} returns: sums over all threads since the cache was made, except where it says otherwise. */
export interface CacheStats {
  /** Entries now. */
  entries: number;
  /** Bytes now, of the kind that `maxBytes` bounds. */
  bytes: number;
  /** Reads that found a value. Other threads report hits of their near caches with a delay of up to 63 each. */
  hits: number;
  /** Hits answered by a near cache. */
  nearHits: number;
  /** Reads that found none, or an expired one. */
  misses: number;
  /** Loaders run by `fetch`. */
  loads: number;
  /** Loaders that threw. */
  loadErrors: number;
  /** Entries that went, by `size`, `expired`, `replaced`, `deleted` and `invalidated`. */
  evictions: Record<string, number>;
}
/**
 * A bounded cache, shared by all threads of the process: whoever opens the same name has the same entries, and each key is loaded once. It never
 * holds more than `max` entries or `maxBytes`. Operations on one key are linearizable across threads, as in {@link SharedMap}, and keys
 * and values are the same: what a read returns is a copy, deeply frozen where it is plain data.
 *
 * Every method throws, or rejects with, `ERR_SHARDMAP_CLOSED` after `close()` here or `destroy()` anywhere, and `ERR_SHARDMAP_KEY` for what is no key.
 */
export declare class SharedCache<K extends Key = string, V = unknown> implements Iterable<[
  K,
  V
]> {
  #private;
  private constructor();
  /**
   * Opens the cache of that name, and makes it if there is none, which needs `max` or `maxBytes`. Each call returns a handle of its own.
   * `ERR_SHARDMAP_OPTION` for a bad option; `ERR_SHARDMAP_MISMATCH` when the name is open as another kind, or with another value of a given option.
   */
  static open<K extends Key, V>(name: string, options?: SharedCacheOptions): SharedCache<K, V>;
  /** The names of all shared caches of the process, in no particular order. */
  static names(): string[];
  /**
   * Ends the cache for every thread and frees its entries; returns whether there was one. All its handles throw `ERR_SHARDMAP_CLOSED` from then on,
   * and what waits or loads rejects with it. The name is free again.
   */
  static destroy(name: string): boolean;
  /** The name it was opened by. */
  get name(): string;
  /** The number of entries. */
  get size(): number;
  /**
   * The value of the key, or undefined when there is none or it has expired. It counts as a use of the entry, also when it is answered without
   * leaving JavaScript, which it is while nobody has changed the entry since this thread last read it.
   */
  get(key: K): V | undefined;
  /** The same, but it is neither a use nor counted. */
  peek(key: K): V | undefined;
  /** Whether the key has a value that has not expired, a stored undefined included. It is neither a use nor counted. */
  has(key: K): boolean;
  /**
   * Stores a copy of the value, for every thread; other entries make room for it. Throws `ERR_SHARDMAP_VALUE` for what cannot be stored, and changes
   * nothing then. Beyond `maxEntryBytes` it throws `ERR_SHARDMAP_FULL` and removes the old value, for a cache must not keep a stale one.
   */
  set(key: K, value: V, options?: CacheSetOptions): this;
  /** The values of the keys, in their order, each read as by `get`. */
  getMany(keys: Iterable<K>): (V | undefined)[];
  /**
   * Stores all entries, or none if any of them throws as in `set`. Readers may see some before the others. With one key twice the last wins. If memory
   * ends or the cache is destroyed in the middle it throws, and has stored a part.
   */
  setMany(entries: Iterable<readonly [
    K,
    V
  ]>, options?: CacheSetOptions): this;
  /**
   * Adds to the number of the key in one step and returns the sum; no entry counts as 0. The ttl counts from the entry's creation, whatever is added
   * later: a rate limiter. `ERR_SHARDMAP_VALUE` for what is no number.
   */
  increment(key: K, by?: number, options?: {
    ttl?: Ms;
  }): number;
  /** Removes the entry; returns whether there was one. */
  delete(key: K): boolean;
  /** Removes all entries. */
  clear(): void;
  /** All keys, as `entries`. */
  keys(): IterableIterator<K>;
  /**
   * All entries that have not expired, in no particular order, weakly consistent: an entry present throughout comes exactly once; one written
   * meanwhile may come or not, and one that went and was written again may come twice. It is no use of them.
   */
  entries(): IterableIterator<[
    K,
    V
  ]>;
  /** The same as `entries`. */
  [Symbol.iterator](): IterableIterator<[
    K,
    V
  ]>;
  /** How long the entry is still fresh: 0 when there is none or it has expired, Infinity when it does not expire. */
  getRemainingTTL(key: K): Ms;
  /**
   * The value of the key; if there is none, what `load` makes of it, which is stored. In the whole process there is one load of a key at a time: who
   * asks meanwhile waits for it. When the caller whose loader runs ends, aborts or times out, the loader of the next one who waits runs, unless a value is there by then. What
   * a loader throws rejects all who wait, rebuilt in other threads, and is not stored. If the key is written, deleted, or a tag of it invalidated meanwhile, the
   * result is not stored: it answers those who asked before; those who asked after it get what is there by then, or the next of them loads.
   * `load` runs under no lock; one that fetches its own key rejects with `ERR_SHARDMAP_LOCKED`. Loaders of two keys that fetch each other's keys can wait for each other: give them a `timeout`.
   */
  fetch(key: K, load: (key: K, context: LoadContext<V>) => V | Promise<V>, options?: FetchOptions): Promise<V>;
  /** Removes all entries with the tag, and returns how many there were. Its cost is theirs. */
  invalidateTag(tag: string): number;
  /**
   * Calls `listener` with what happens to entries in the whole process, in order per key: `evict` (there was no room), `expire`, `replace`, `delete`
   * (also by `clear` and `invalidateTag`). 8,192 events wait for a thread; of more the oldest are dropped, and `dropped` says how many. The listener must
   * be quick, and does not keep the process alive. Returns the way to stop; closing the handle stops too. After `destroy`
   * nothing is told, and the listener itself may be kept until its handle is closed.
   */
  on(event: CacheEventName, listener: (event: CacheEvent<K>) => void): () => void;
  /**
   * Writes all entries that have not expired to a file, in place of what is there and in one step; resolves with their number. A thread of the package does it,
   * to the end also when the one that asked for it has ended.
   * `ERR_SHARDMAP_OPTION` for a path where no file can be, `ERR_SHARDMAP_IO` when the system refuses: then what was there is still there.
   */
  dump(path: string): Promise<number>;
  /**
   * Stores the entries of a file that `dump` has written, without evicting any: keys that are present stay as they are, and of the others those used
   * most come, as far as there is room and unless their time is over. Resolves with their number. The file is checked whole before:
   * `ERR_SHARDMAP_CORRUPT` or `ERR_SHARDMAP_IO` change nothing. If memory ends or the cache is destroyed in the middle it rejects, and has stored a part.
   */
  load(path: string): Promise<number>;
  /** Counters of the whole process; see {@link CacheStats}. */
  stats(): CacheStats;
  /**
   * Ends this handle: its loaders' signals abort, its pending fetches reject with `ERR_SHARDMAP_CLOSED`, its listeners stop. The entries live on until
   * `destroy` or the end of the process. Closing twice is fine.
   */
  close(): void;
  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void;
}
/**
 * A Map without insertion order, shared by all threads of the process: whoever opens the same name has the same data. Operations on one
 * key are linearizable across threads: once a write has returned, every thread reads it or a later one. Nothing is promised between keys.
 *
 * Values: primitives (undefined too), plain objects and arrays, Map, Set, Date, RegExp, Error, ArrayBuffer and its views (a Buffer comes
 * back as a Uint8Array), with cycles and shared references. Class instances lose their prototype. A function, symbol, Promise, Proxy,
 * weak collection, SharedArrayBuffer or handle at any depth throws `ERR_SHARDMAP_VALUE`. What a read returns is a copy, deeply frozen
 * where it is plain data; a value that holds anything that cannot be frozen is decoded anew, whole, at each read.
 *
 * Every method throws `ERR_SHARDMAP_CLOSED` after `close()` here or `destroy()` anywhere, and `ERR_SHARDMAP_KEY` for what is no key.
 */
export declare class SharedMap<K extends Key = string, V = unknown> implements Map<K, V> {
  #private;
  private constructor();
  /**
   * Opens the map of that name, and makes it if there is none. Each call returns a handle of its own. `ERR_SHARDMAP_OPTION` for a bad
   * option; `ERR_SHARDMAP_MISMATCH` when the name is open as another kind, or with another value of a given option.
   */
  static open<K extends Key, V>(name: string, options?: SharedMapOptions): SharedMap<K, V>;
  /** The names of all shared maps of the process, in no particular order. */
  static names(): string[];
  /**
   * Ends the map for every thread and frees its data; returns whether there was one. All its handles throw `ERR_SHARDMAP_CLOSED` from
   * then on; snapshots stay valid. The name is free again.
   */
  static destroy(name: string): boolean;
  /** The name it was opened by. */
  get name(): string;
  /** The number of entries: exact when nobody writes, otherwise a number that was about right a moment ago. */
  get size(): number;
  /** `'SharedMap'`. */
  get [Symbol.toStringTag](): string;
  /**
   * The value of the key, or undefined. Two reads may return the same frozen object. Answered without leaving JavaScript while nobody
   * wrote the key since this thread last read it.
   */
  get(key: K): V | undefined;
  /** Whether the key has a value, a stored undefined included. */
  has(key: K): boolean;
  /**
   * Stores a copy of the value, for every thread. Throws `ERR_SHARDMAP_VALUE` for what cannot be stored and `ERR_SHARDMAP_FULL` at a
   * limit, and changes nothing then.
   */
  set(key: K, value: V): this;
  /** Removes the entry; returns whether there was one. */
  delete(key: K): boolean;
  /** Removes all entries, shard by shard: not atomic, so what others write meanwhile may stay. */
  clear(): void;
  /** Stores the value as `set` does and returns the one it replaced, in one step. */
  swap(key: K, value: V): V | undefined;
  /** The value of the key; if there is none, stores the given one in the same step and returns it. Errors as in `set`. */
  getOrInsert(key: K, value: V): V;
  /**
   * The value of the key; if there is none, runs `compute`, stores its result unless another thread was quicker, and returns what is
   * stored. `compute` runs under no lock, and may run in several threads at once; what it throws passes through.
   */
  getOrInsertComputed(key: K, compute: (key: K) => V): V;
  /**
   * Stores `next` if the key's value equals `expected`, and returns whether it did. Primitives are compared by SameValueZero, structures
   * by their encoded bytes (key order counts): what `get` returned matches while unchanged. As `expected`, undefined matches a stored
   * undefined and no entry; as `next`, it deletes.
   */
  compareAndSet(key: K, expected: V | undefined, next: V | undefined): boolean;
  /**
   * Replaces the value by what `fn` makes of it (undefined deletes) and returns that as `get` would. `fn` runs under no lock, and runs again when the key
   * was written meanwhile; if it writes the key itself, it never ends. A thenable result throws `ERR_SHARDMAP_VALUE`; what `fn` throws
   * passes through.
   */
  update(key: K, fn: (value: V | undefined) => V | undefined): V | undefined;
  /**
   * Adds to the number or bigint of the key in one step and returns the sum. No entry counts as 0. Without `by`: adds 1, or 1n, as the
   * value is. `ERR_SHARDMAP_VALUE` when the types differ or it is no number.
   */
  increment(key: K, by?: number): number;
  increment(key: K, by: bigint): bigint;
  /**
   * The values of the keys, in their order. With `consistent: true` all of them are from one point in time; it costs little while nobody
   * writes these keys, and takes at most 50,000.
   */
  getMany(keys: Iterable<K>, options?: {
    consistent?: boolean;
  }): (V | undefined)[];
  /**
   * Stores all entries, or none if any of them throws as in `set`. Readers may see some before the others. With one key twice the last
   * wins.
   */
  setMany(entries: Iterable<readonly [
    K,
    V
  ]>): this;
  /** Removes the entries of the keys, and returns how many there were; none if one of them is no key. */
  deleteMany(keys: Iterable<K>): number;
  /**
   * The entries whose key is a tuple that begins with `prefix`, weakly consistent as `entries`. It passes over all entries: its cost is
   * the map's size.
   */
  scan(prefix: readonly KeyPart[]): IterableIterator<[
    K,
    V
  ]>;
  /**
   * All entries, in no particular order, weakly consistent: an entry present throughout comes exactly once; one written meanwhile may come
   * or not. For one point in time use `snapshot()`. A step copies one shard.
   */
  entries(): ReturnType<Map<K, V>["entries"]>;
  /** All keys, as `entries`. */
  keys(): ReturnType<Map<K, V>["keys"]>;
  /** All values, as `entries`. */
  values(): ReturnType<Map<K, V>["values"]>;
  /** Calls `fn` with each entry, as `entries`. */
  forEach(fn: (value: V, key: K, map: Map<K, V>) => void, thisArg?: unknown): void;
  /** The same as `entries`. */
  [Symbol.iterator](): ReturnType<Map<K, V>["entries"]>;
  /**
   * All entries at one point in time. Taking it copies nothing; each shard is copied by the first writer or reader that comes to it, and
   * no writer waits for more than one shard. Close it when done: it keeps what it copied.
   */
  snapshot(): Snapshot<K, V>;
  /** Gathers this thread's writes and applies many in one crossing. Ends with this handle. */
  batch(options?: BatchOptions): Batch<K, V>;
  /** Makes room for so many more entries at once. `ERR_SHARDMAP_FULL` when there is no memory for them. */
  reserve(entries: number): void;
  /** Counters of the whole process; see {@link MapStats}. */
  stats(): MapStats;
  /** Flushes the batches of this handle and ends it; the data lives on until `destroy` or the end of the process. Closing twice is fine. */
  close(): void;
  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void;
}
/** What a commit writes: keys with their values; undefined deletes. */
export type Writes<K, V> = Iterable<readonly [
  K,
  V | undefined
]>;
/**
 * A map of versions, shared by all threads of the process. Versions rise by one per commit; a commit is visible to every thread at once, and readers
 * never wait and see one whole version. With a `path` it is kept in a file and survives the process, `kill -9` included.
 *
 * Keys and values are those of {@link SharedMap}. A stored undefined does not exist here: in commits it deletes.
 *
 * Every method throws, or rejects with, `ERR_SHARDMAP_CLOSED` after `close()` here or `destroy()` anywhere, and `ERR_SHARDMAP_KEY` for what is no key.
 */
export declare class SnapshotMap<K extends Key = string, V = unknown> {
  #private;
  private constructor();
  /**
   * Opens the map of that name, and makes it if there is none: with a `path` from its file, which is read and checked whole before this returns.
   * `ERR_SHARDMAP_OPTION` for a bad option, `ERR_SHARDMAP_MISMATCH` when the name is open as another kind or with another value of a given option,
   * `ERR_SHARDMAP_CORRUPT` for a file that is damaged or none of shardmap's (it stays as it is), `ERR_SHARDMAP_LOCKED` for one that is open elsewhere.
   */
  static open<K extends Key, V>(name: string, options?: SnapshotMapOptions): SnapshotMap<K, V>;
  /** The names of all snapshot maps of the process. */
  static names(): string[];
  /**
   * Ends the map for every thread and frees its data; returns whether there was one. Its handles throw `ERR_SHARDMAP_CLOSED` from then on and what
   * waits rejects with it; snapshots stay valid. A file is written out and let go, never deleted: this waits for a commit
   * that is being written, and for the disk; `ERR_SHARDMAP_IO` says that what was not yet on disk is lost.
   */
  static destroy(name: string): boolean;
  /** The name it was opened by. */
  get name(): string;
  /** The latest version; 0n for a map that nothing was committed to. */
  get version(): bigint;
  /** Entries of the latest version. */
  get size(): number;
  /**
   * The value in the latest version, or with `at` in the newest one that is not after it (`ERR_SHARDMAP_VERSION` when that is no longer kept). Whoever
   * has read one key of a commit reads all of it. Answered without leaving JavaScript while no commit has changed the key since this thread last
   * read it.
   */
  get(key: K, options?: {
    at?: bigint;
  }): V | undefined;
  /** Whether the latest version has the key. */
  has(key: K): boolean;
  /** The latest version, held: it stays as it is until closed. Takes the same time however large the map is. */
  snapshot(): Snapshot<K, V>;
  /** The newest version that is not after this one, held. `ERR_SHARDMAP_VERSION` when it is no longer kept. */
  at(version: bigint): Snapshot<K, V>;
  /** The versions that are kept, the oldest first. */
  versions(): {
    /** Its number. */
    version: bigint;
    /** When it was made. */
    at: Date;
    /** Keys that it changed. */
    changes: number;
  }[];
  /**
   * What the versions after `from`, up to and with `to` (default: the latest), have changed, version by version. `ERR_SHARDMAP_VERSION` when `from`
   * is older than what is kept, also when commits have pushed it out before the iteration came there. A step reads one version's changes.
   */
  changes(from: bigint, to?: bigint): IterableIterator<Change<K, V>>;
  /**
   * Changes many keys in one step; resolves with the new version when it is visible to every thread and as durable as the map was opened for. Entries
   * are written as they are (undefined deletes). A function gets a transaction: it runs at once, and again whenever a key that it read was written
   * meanwhile (after 100 tries the promise rejects with `ERR_SHARDMAP_CONFLICT` and those keys), so it must do nothing else, and must not be async
   * (`ERR_SHARDMAP_VALUE`). What it throws rejects the promise and commits nothing. A commit without writes resolves with the present version.
   */
  commit(change: ((tx: Transaction<K, V>) => void) | Writes<K, V>, options?: CommitOptions): Promise<bigint>;
  /** The same and waits, for other writers and for the disk; returns the version. For start-up and tools: it blocks the thread. */
  commitSync(change: ((tx: Transaction<K, V>) => void) | Writes<K, V>): bigint;
  /**
   * Commits what was worked out from a version elsewhere: in another thread, another process, a browser. Rejects with `ERR_SHARDMAP_CONFLICT`, and the
   * keys, if one that it read was written since that version; with `ERR_SHARDMAP_VERSION` if that version is no longer kept. With a `txId` it is done
   * once, however often it is asked for.
   */
  tryCommit(request: CommitRequest<K, V>): Promise<bigint>;
  /** Replaces everything by these entries in one step; another thread puts them together, and readers and writers go on meanwhile. */
  replaceAll(entries: Iterable<readonly [
    K,
    V
  ]>): Promise<bigint>;
  /** A new version with the content that an older one had. `ERR_SHARDMAP_VERSION` when it is no longer kept. */
  rollback(version: bigint): Promise<bigint>;
  /**
   * Locks keys against other lockers (reads and commits do not ask): all at once, in the order of asking, so never a deadlock. A lease ends when it is
   * released, when its time is over, or with its thread. Not re-entrant: asking again waits for oneself.
   */
  lock(keys: Iterable<K>, options?: LockOptions): Promise<Lease>;
  /**
   * What leads from a version to the latest, for another map: compact, and checked when applied. From 0n it holds every entry; otherwise
   * `ERR_SHARDMAP_VERSION` unless that version is kept.
   */
  exportDelta(from: bigint): Uint8Array;
  /**
   * Applies what another map's `exportDelta` has made, in one step: the map then has that version. `ERR_SHARDMAP_VERSION` unless it stands at the very
   * version that the delta leads from and descends from the same map (a map without a version takes any); `ERR_SHARDMAP_CORRUPT` for damage.
   * The checksum finds damage and is no signature: take deltas only from who is trusted.
   */
  applyDelta(delta: Uint8Array): Promise<bigint>;
  /** Counters of the whole process; see {@link SnapshotStats}. */
  stats(): SnapshotStats;
  /** Ends this handle; the data lives on until `destroy` or the end of the process. Snapshots and what waits go on. Closing twice is fine. */
  close(): void;
  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void;
}

export {};
