import { inspect } from 'node:util'
import { closeBatchesOf, MapBatch, type BatchTarget } from './batch'
import { decodeResult, encode, encodedKind, encodeOrAbsent, isCloned } from './codec'
import { ShardmapError } from './errors'
import { markHandle, unlessClosed } from './handle'
import { inspectEntries } from './inspect'
import { keyText, ownKey } from './keys'
import { applyAll, readTogether } from './many'
import { ABSENT, head, space, type NativeMap } from './native'
import { PLAIN_LOADS as plainLoads, words as slotWords } from './generations'
import { isAbsence, nearOf, PUBLISH_MASK as publishMask, type Near } from './near'
import { batchOptions, callback, entryCount, iterable, mapName, mapOptions, pair } from './options'
import { passEntries, passKeys, passValues } from './pages'
import { addWide, replaceBy, replaceCloned } from './retry'
import { MapSnapshot } from './snapshot'
import type { Batch, BatchOptions, Key, KeyPart, MapStats, SharedMapOptions, Snapshot } from './types'

// Module constants: the hit path of get must not look up an import.
const words = slotWords
const PLAIN_LOADS = plainLoads
const PUBLISH_MASK = publishMask

const token = Symbol('only open makes handles')

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
export class SharedMap<K extends Key = string, V = unknown> implements Map<K, V> {
  readonly #name: string
  readonly #native: NativeMap
  #near: Near
  readonly #target: BatchTarget<K, V>

  private constructor(made: symbol, name: string, native: NativeMap, limit: number | undefined) {
    if (made !== token) throw new TypeError('SharedMap has no public constructor; call SharedMap.open(name)')
    this.#name = name
    this.#native = native
    this.#near = nearOf(this, native, limit)
    this.#target = { name, native, get: (key) => this.get(key), closed: false }
    markHandle(this)
  }

  /**
   * Opens the map of that name, and makes it if there is none. Each call returns a handle of its own. `ERR_SHARDMAP_OPTION` for a bad
   * option; `ERR_SHARDMAP_MISMATCH` when the name is open as another kind, or with another value of a given option.
   */
  static open<K extends Key, V>(name: string, options?: SharedMapOptions): SharedMap<K, V> {
    const known = mapName(name)
    const { shards, expectedEntries, near, maxEntries, maxBytes } = mapOptions(options)
    return new SharedMap<K, V>(token, known, space.openMap(known, shards, expectedEntries, maxEntries, maxBytes), near)
  }

  /** The names of all shared maps of the process, in no particular order. */
  static names(): string[] {
    return space.mapNames()
  }

  /**
   * Ends the map for every thread and frees its data; returns whether there was one. All its handles throw `ERR_SHARDMAP_CLOSED` from
   * then on; snapshots stay valid. The name is free again.
   */
  static destroy(name: string): boolean {
    return space.destroyMap(mapName(name))
  }

  /** The name it was opened by. */
  get name(): string {
    return this.#name
  }

  /** The number of entries: exact when nobody writes, otherwise a number that was about right a moment ago. */
  get size(): number {
    return this.#native.size()
  }

  /** `'SharedMap'`. */
  get [Symbol.toStringTag](): string {
    return 'SharedMap'
  }

  /**
   * The value of the key, or undefined. Two reads may return the same frozen object. Answered without leaving JavaScript while nobody
   * wrote the key since this thread last read it.
   */
  get(key: K): V | undefined {
    const near = this.#near
    const known = near.young.get(key)
    if (known !== undefined && (PLAIN_LOADS ? words[known.slot] : Atomics.load(words, known.slot)) === known.version) {
      if ((++near.hits & PUBLISH_MASK) === 0) near.publish()
      return known.value as V | undefined
    }
    return near.read(this.#native, key, known) as V | undefined
  }

  /** Whether the key has a value, a stored undefined included. */
  has(key: K): boolean {
    const known = this.#near.young.get(key)
    if (known !== undefined && (PLAIN_LOADS ? words[known.slot] : Atomics.load(words, known.slot)) === known.version) return true
    return (known === undefined || !isAbsence(known)) && this.#native.has(key)
  }

  /**
   * Stores a copy of the value, for every thread. Throws `ERR_SHARDMAP_VALUE` for what cannot be stored and `ERR_SHARDMAP_FULL` at a
   * limit, and changes nothing then.
   */
  set(key: K, value: V): this {
    const raw = encode(value)
    this.#native.set(key, raw, encodedKind)
    return this
  }

  /** Removes the entry; returns whether there was one. */
  delete(key: K): boolean {
    return this.#native.delete(key)
  }

  /** Removes all entries, shard by shard: not atomic, so what others write meanwhile may stay. */
  clear(): void {
    this.#native.clear()
  }

  /** Stores the value as `set` does and returns the one it replaced, in one step. */
  swap(key: K, value: V): V | undefined {
    const raw = encode(value)
    return decodeResult(this.#native.swap(key, raw, encodedKind)) as V | undefined
  }

  /** The value of the key; if there is none, stores the given one in the same step and returns it. Errors as in `set`. */
  getOrInsert(key: K, value: V): V {
    const raw = encode(value)
    return decodeResult(this.#native.getOrInsert(key, raw, encodedKind)) as V
  }

  /**
   * The value of the key; if there is none, runs `compute`, stores its result unless another thread was quicker, and returns what is
   * stored. `compute` runs under no lock, and may run in several threads at once; what it throws passes through.
   */
  getOrInsertComputed(key: K, compute: (key: K) => V): V {
    callback('getOrInsertComputed', compute)
    const own = ownKey(key)
    const known = this.get(own)
    if (known !== undefined) return known
    // Absent and a stored undefined look alike, and a check of its own could see what another thread stored after the read.
    const found = this.#native.get(own)
    if (head[2] !== ABSENT) return decodeResult(found) as V
    return this.getOrInsert(own, compute(key))
  }

  /**
   * Stores `next` if the key's value equals `expected`, and returns whether it did. Primitives are compared by SameValueZero, structures
   * by their encoded bytes (key order counts): what `get` returned matches while unchanged. As `expected`, undefined matches a stored
   * undefined and no entry; as `next`, it deletes.
   */
  compareAndSet(key: K, expected: V | undefined, next: V | undefined): boolean {
    const own = ownKey(key)
    const rawExpected = encodeOrAbsent(expected)
    const expectedKind = encodedKind
    const rawNext = encodeOrAbsent(next)
    const nextKind = encodedKind
    if (this.#native.compareAndSet(own, rawExpected, expectedKind, rawNext, nextKind)) return true
    return isCloned(expectedKind) && replaceCloned(this.#native, own, rawExpected as Uint8Array, expectedKind, rawNext, nextKind)
  }

  /**
   * Replaces the value by what `fn` makes of it (undefined deletes) and returns that as `get` would. `fn` runs under no lock, and runs again when the key
   * was written meanwhile; if it writes the key itself, it never ends. A thenable result throws `ERR_SHARDMAP_VALUE`; what `fn` throws
   * passes through.
   */
  update(key: K, fn: (value: V | undefined) => V | undefined): V | undefined {
    callback('update', fn)
    return replaceBy(this.#native, ownKey(key), fn as (value: unknown) => unknown) as V | undefined
  }

  /**
   * Adds to the number or bigint of the key in one step and returns the sum. No entry counts as 0. Without `by`: adds 1, or 1n, as the
   * value is. `ERR_SHARDMAP_VALUE` when the types differ or it is no number.
   */
  increment(key: K, by?: number): number
  increment(key: K, by: bigint): bigint
  increment(key: K, by?: number | bigint): number | bigint {
    const sum = this.#native.increment(key, by)
    return sum === undefined ? addWide(this.#native, ownKey(key), by) : sum
  }

  /**
   * The values of the keys, in their order. With `consistent: true` all of them are from one point in time; it costs little while nobody
   * writes these keys, and takes at most 50,000.
   */
  getMany(keys: Iterable<K>, options?: { consistent?: boolean }): (V | undefined)[] {
    const own = Array.from(iterable('getMany', keys), ownKey)
    if (options?.consistent !== true) {
      this.#native.size()
      return own.map((key) => this.#read(key))
    }
    return readTogether(this.#native, own) as (V | undefined)[]
  }

  /**
   * Stores all entries, or none if any of them throws as in `set`. Readers may see some before the others. With one key twice the last
   * wins.
   */
  setMany(entries: Iterable<readonly [K, V]>): this {
    const writes: unknown[] = []
    for (const entry of iterable('setMany', entries)) {
      const [key, value] = pair('setMany', entry)
      const own = ownKey(key)
      const raw = encode(value)
      writes.push(own, raw, encodedKind)
    }
    const native = this.#native
    applyAll(native, writes, () => native.apply())
    return this
  }

  /** Removes the entries of the keys, and returns how many there were; none if one of them is no key. */
  deleteMany(keys: Iterable<K>): number {
    const writes: unknown[] = []
    for (const key of iterable('deleteMany', keys)) writes.push(ownKey(key), undefined, ABSENT)
    const native = this.#native
    return applyAll(native, writes, () => native.apply())
  }

  /**
   * The entries whose key is a tuple that begins with `prefix`, weakly consistent as `entries`. It passes over all entries: its cost is
   * the map's size.
   */
  scan(prefix: readonly KeyPart[]): IterableIterator<[K, V]> {
    this.#native.size()
    if (!Array.isArray(prefix)) throw new ShardmapError('ERR_SHARDMAP_KEY', 'scan takes the first parts of tuple keys as an array')
    const own = ownKey(prefix)
    if (keyText(own) === undefined) throw new ShardmapError('ERR_SHARDMAP_KEY', 'the prefix of a scan holds strings, numbers, bigints, booleans and bytes only')
    return passEntries<K, V>(() => this.#native, own)
  }

  /**
   * All entries, in no particular order, weakly consistent: an entry present throughout comes exactly once; one written meanwhile may come
   * or not. For one point in time use `snapshot()`. A step copies one shard.
   */
  entries(): ReturnType<Map<K, V>['entries']> {
    return this.#entries()
  }

  /** All keys, as `entries`. */
  keys(): ReturnType<Map<K, V>['keys']> {
    this.#native.size()
    return passKeys<K>(() => this.#native) as ReturnType<Map<K, V>['keys']>
  }

  /** All values, as `entries`. */
  values(): ReturnType<Map<K, V>['values']> {
    this.#native.size()
    return passValues<V>(() => this.#native) as ReturnType<Map<K, V>['values']>
  }

  /** Calls `fn` with each entry, as `entries`. */
  forEach(fn: (value: V, key: K, map: Map<K, V>) => void, thisArg?: unknown): void {
    callback('forEach', fn)
    for (const [key, value] of this.#entries()) fn.call(thisArg, value, key, this)
  }

  /** The same as `entries`. */
  [Symbol.iterator](): ReturnType<Map<K, V>['entries']> {
    return this.#entries()
  }

  /**
   * All entries at one point in time. Taking it copies nothing; each shard is copied by the first writer or reader that comes to it, and
   * no writer waits for more than one shard. Close it when done: it keeps what it copied.
   */
  snapshot(): Snapshot<K, V> {
    const native = this.#native.snapshot()
    return new MapSnapshot<K, V>(native, { name: this.#name, version: native.number, at: native.at })
  }

  /** Gathers this thread's writes and applies many in one crossing. Ends with this handle. */
  batch(options?: BatchOptions): Batch<K, V> {
    const checked = batchOptions(options)
    this.#native.size()
    return new MapBatch<K, V>(this.#target, checked)
  }

  /** Makes room for so many more entries at once. `ERR_SHARDMAP_FULL` when there is no memory for them. */
  reserve(entries: number): void {
    this.#native.reserve(entryCount('reserve', entries))
  }

  /** Counters of the whole process; see {@link MapStats}. */
  stats(): MapStats {
    this.#near.publish()
    const [entries, bytes, shards, gets, hits, nearHits, sets, deletes, growths, largestMove] = this.#native.stats() as [
      number, number, number, number, number, number, number, number, number, number,
    ]
    return { entries, bytes, shards, gets, hits, nearHits, sets, deletes, growths, largestMove }
  }

  /** Flushes the batches of this handle and ends it; the data lives on until `destroy` or the end of the process. Closing twice is fine. */
  close(): void {
    this.#close()
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.#close()
  }

  /** @internal */
  [inspect.custom](): string {
    const title = `SharedMap ${JSON.stringify(this.#name)}`
    let shown = `${title} (closed)`
    unlessClosed(() => (shown = inspectEntries(title, this.size, this)))
    return shown
  }

  #read(key: K): V | undefined {
    return this.#near.read(this.#native, key, this.#near.young.get(key)) as V | undefined
  }

  #entries(): ReturnType<Map<K, V>['entries']> {
    this.#native.size()
    return passEntries<K, V>(() => this.#native) as ReturnType<Map<K, V>['entries']>
  }

  #close(): void {
    const target = this.#target
    if (target.closed) return
    try {
      // Of a map that was destroyed, nobody can want the writes.
      unlessClosed(() => closeBatchesOf(target))
    } finally {
      target.closed = true
      this.#near.leave(this.#native)
      this.#near = nearOf(this, this.#native, 0)
      this.#native.close()
    }
  }
}
