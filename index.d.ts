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
  /** Rises with each snapshot of the map. */
  readonly version: bigint;
  /** When it was taken. */
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
/** What went wrong, for programs; the message is for people. */
export type ErrorCode = "ERR_SHARDMAP_KEY" | "ERR_SHARDMAP_VALUE" | "ERR_SHARDMAP_OPTION" | "ERR_SHARDMAP_FULL" | "ERR_SHARDMAP_CLOSED" | "ERR_SHARDMAP_MISMATCH" | "ERR_SHARDMAP_CONFLICT" | "ERR_SHARDMAP_VERSION" | "ERR_SHARDMAP_CORRUPT" | "ERR_SHARDMAP_LOCKED" | "ERR_SHARDMAP_IO" | "ERR_SHARDMAP_TIMEOUT" | "ERR_SHARDMAP_PANIC";
/** The one error class of this package. A call that throws it has changed nothing. The message says what to do. */
export declare class ShardmapError extends Error {
  /** Stable across releases; compare this, never the message. */
  readonly code: ErrorCode;
  /** The keys concerned, where an operation on several keys can tell them. */
  readonly keys?: readonly Key[];
  constructor(code: ErrorCode, message: string, keys?: readonly Key[]);
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
   * Replaces the value by what `fn` makes of it (undefined deletes) and returns that. `fn` runs under no lock, and runs again when the key
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

export {};
