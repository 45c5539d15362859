import { inspect } from 'node:util'
import { cacheNearOf, CLOCK_WORD, GUARD_MS, isFresh, RING as ringSize, type CacheNear } from './cache-near'
import { cacheOptions, fetchOptions, incrementBy, incrementTtl, pathGiven, setOptions, tagGiven } from './cache-options'
import type { CacheEvent, CacheEventName, CacheSetOptions, CacheStats, FetchOptions, LoadContext, SharedCacheOptions } from './cache-types'
import { decodeResult, encode, encodedKind } from './codec'
import { Fetches, type Loader } from './fetch'
import { PLAIN_LOADS as plainLoads, words as slotWords } from './generations'
import { markHandle, unlessClosed } from './handle'
import { inspectEntries } from './inspect'
import { ownKey } from './keys'
import { CAUSES, EVENT_NAMES, listen, stopListening } from './listeners'
import { refuseOwnKey } from './loading'
import { applyAll } from './many'
import { BYTES, space, type NativeCache } from './native'
import { callback, iterable, mapName, pair } from './options'
import { passEntries, passKeys } from './pages'
import { ask } from './requests'
import { describe, optionError } from './rules'
import type { Key, Ms } from './types'

// Of this module, for another module's binding is looked up at each use.
const words = slotWords
const PLAIN_LOADS = plainLoads
const CLOCK = CLOCK_WORD
const GUARD = GUARD_MS
const RING = ringSize

const token = Symbol('only open makes handles')

/**
 * A bounded cache, shared by all threads of the process: whoever opens the same name has the same entries, and each key is loaded once. It never
 * holds more than `max` entries or `maxBytes`. Operations on one key are linearizable across threads, as in {@link SharedMap}, and keys
 * and values are the same: what a read returns is a copy, deeply frozen where it is plain data.
 *
 * Every method throws, or rejects with, `ERR_SHARDMAP_CLOSED` after `close()` here or `destroy()` anywhere, and `ERR_SHARDMAP_KEY` for what is no key.
 */
export class SharedCache<K extends Key = string, V = unknown> implements Iterable<[K, V]> {
  readonly #name: string
  readonly #native: NativeCache
  #near: CacheNear
  readonly #fetches: Fetches
  #closed = false

  private constructor(made: symbol, name: string, native: NativeCache, limit: number | undefined) {
    if (made !== token) throw new TypeError('SharedCache has no public constructor; call SharedCache.open(name, { max })')
    this.#name = name
    this.#native = native
    this.#near = cacheNearOf(this, native, limit)
    this.#fetches = new Fetches(native)
    markHandle(this)
  }

  /**
   * Opens the cache of that name, and makes it if there is none, which needs `max` or `maxBytes`. Each call returns a handle of its own.
   * `ERR_SHARDMAP_OPTION` for a bad option; `ERR_SHARDMAP_MISMATCH` when the name is open as another kind, or with another value of a given option.
   */
  static open<K extends Key, V>(name: string, options?: SharedCacheOptions): SharedCache<K, V> {
    const known = mapName(name, 'cache')
    const { max, maxBytes, maxEntryBytes, ttl, ttlJitter, updateAgeOnGet, allowStale, policy, near } = cacheOptions(options)
    const native = space.openCache(known, max, maxBytes, maxEntryBytes, ttl, ttlJitter, updateAgeOnGet, allowStale, policy)
    return new SharedCache<K, V>(token, known, native, near)
  }

  /** The names of all shared caches of the process, in no particular order. */
  static names(): string[] {
    return space.cacheNames()
  }

  /**
   * Ends the cache for every thread and frees its entries; returns whether there was one. All its handles throw `ERR_SHARDMAP_CLOSED` from then on,
   * and what waits or loads rejects with it. The name is free again.
   */
  static destroy(name: string): boolean {
    return space.destroyCache(mapName(name, 'cache'))
  }

  /** The name it was opened by. */
  get name(): string {
    return this.#name
  }

  /** The number of entries. */
  get size(): number {
    return this.#native.size()
  }

  /**
   * The value of the key, or undefined when there is none or it has expired. It counts as a use of the entry, also when it is answered without
   * leaving JavaScript, which it is while nobody has changed the entry since this thread last read it.
   */
  get(key: K): V | undefined {
    const near = this.#near
    const known = near.young.get(key)
    if (
      known !== undefined &&
      (PLAIN_LOADS ? words[known.slot] : Atomics.load(words, known.slot)) === known.version &&
      ((known.deadline - (words[CLOCK] as number)) | 0) > GUARD
    ) {
      const { ring } = near
      const count = (ring[0] as number) + 1
      ring[count] = known.ticket
      ring[0] = count
      near.hits = (near.hits + 1) | 0
      if (count === RING) this.#native.touch()
      return known.value as V | undefined
    }
    return near.read(this.#native, key, known) as V | undefined
  }

  /** The same, but it is neither a use nor counted. */
  peek(key: K): V | undefined {
    const known = this.#near.young.get(key)
    if (known !== undefined && isFresh(known)) return known.value as V
    return decodeResult(this.#native.peek(key)) as V | undefined
  }

  /** Whether the key has a value that has not expired, a stored undefined included. It is neither a use nor counted. */
  has(key: K): boolean {
    const known = this.#near.young.get(key)
    return (known !== undefined && isFresh(known)) || this.#native.has(key)
  }

  /**
   * Stores a copy of the value, for every thread; other entries make room for it. Throws `ERR_SHARDMAP_VALUE` for what cannot be stored, and changes
   * nothing then. Beyond `maxEntryBytes` it throws `ERR_SHARDMAP_FULL` and removes the old value, for a cache must not keep a stale one.
   */
  set(key: K, value: V, options?: CacheSetOptions): this {
    if (options === undefined) {
      const raw = encode(value)
      this.#native.set(key, raw, encodedKind)
      return this
    }
    const { ttl, tags } = setOptions('set', options)
    const own = ownKey(key)
    const raw = encode(value)
    this.#native.set(own, raw, encodedKind, ttl, ...tags)
    return this
  }

  /** The values of the keys, in their order, each read as by `get`. */
  getMany(keys: Iterable<K>): (V | undefined)[] {
    const own = Array.from(iterable('getMany', keys), ownKey)
    this.#native.size()
    return own.map((key) => this.#near.read(this.#native, key, this.#near.young.get(key)) as V | undefined)
  }

  /**
   * Stores all entries, or none if any of them throws as in `set`. Readers may see some before the others. With one key twice the last wins. If memory
   * ends or the cache is destroyed in the middle it throws, and has stored a part.
   */
  setMany(entries: Iterable<readonly [K, V]>, options?: CacheSetOptions): this {
    const { ttl, tags } = setOptions('setMany', options)
    const writes: unknown[] = []
    for (const entry of iterable('setMany', entries)) {
      const [key, value] = pair('setMany', entry)
      const own = ownKey(key)
      const raw = encode(value)
      const kind = encodedKind
      writes.push(own, kind === BYTES ? new Uint8Array(raw as Uint8Array) : raw, kind)
    }
    const native = this.#native
    applyAll(native, writes, () => native.apply(ttl, ...tags))
    return this
  }

  /**
   * Adds to the number of the key in one step and returns the sum; no entry counts as 0. The ttl counts from the entry's creation, whatever is added
   * later: a rate limiter. `ERR_SHARDMAP_VALUE` for what is no number.
   */
  increment(key: K, by?: number, options?: { ttl?: Ms }): number {
    const ttl = incrementTtl(options)
    return this.#native.increment(key, by === undefined ? 1 : incrementBy(by), ttl)
  }

  /** Removes the entry; returns whether there was one. */
  delete(key: K): boolean {
    return this.#native.delete(key)
  }

  /** Removes all entries. */
  clear(): void {
    this.#native.clear()
  }

  /** All keys, as `entries`. */
  keys(): IterableIterator<K> {
    this.#native.size()
    return passKeys<K>(() => this.#native)
  }

  /**
   * All entries that have not expired, in no particular order, weakly consistent: an entry present throughout comes exactly once; one written
   * meanwhile may come or not, and one that went and was written again may come twice. It is no use of them.
   */
  entries(): IterableIterator<[K, V]> {
    return this.#entries()
  }

  /** The same as `entries`. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#entries()
  }

  /** How long the entry is still fresh: 0 when there is none or it has expired, Infinity when it does not expire. */
  getRemainingTTL(key: K): Ms {
    return this.#native.remaining(key)
  }

  /**
   * The value of the key; if there is none, what `load` makes of it, which is stored. In the whole process there is one load of a key at a time: who
   * asks meanwhile waits for it. When the caller whose loader runs ends, aborts or times out, the loader of the next one who waits runs, unless a value is there by then. What
   * a loader throws rejects all who wait, rebuilt in other threads, and is not stored. If the key is written, deleted, or a tag of it invalidated meanwhile, the
   * result is not stored: it answers those who asked before; those who asked after it get what is there by then, or the next of them loads.
   * `load` runs under no lock; one that fetches its own key rejects with `ERR_SHARDMAP_LOCKED`. Loaders of two keys that fetch each other's keys can wait for each other: give them a `timeout`.
   */
  async fetch(key: K, load: (key: K, context: LoadContext<V>) => V | Promise<V>, options?: FetchOptions): Promise<V> {
    callback('fetch', load)
    const asked = fetchOptions(options)
    asked.signal?.throwIfAborted()
    const native = this.#native
    const own = ownKey(key)
    refuseOwnKey(native.id, own)
    const near = this.#near
    if (!asked.force) {
      const known = near.young.get(own)
      if (known !== undefined && isFresh(known)) {
        near.count(native, known)
        return known.value as V
      }
    }
    return this.#fetches.fetch(own, load as Loader, asked, (raw) => near.take(own, raw)) as V | Promise<V>
  }

  /** Removes all entries with the tag, and returns how many there were. Its cost is theirs. */
  invalidateTag(tag: string): number {
    return this.#native.invalidate(tagGiven('invalidateTag', tag))
  }

  /**
   * Calls `listener` with what happens to entries in the whole process, in order per key: `evict` (there was no room), `expire`, `replace`, `delete`
   * (also by `clear` and `invalidateTag`). 8,192 events wait for a thread; of more the oldest are dropped, and `dropped` says how many. The listener must
   * be quick, and does not keep the process alive. Returns the way to stop; closing the handle stops too. After `destroy`
   * nothing is told, and the listener itself may be kept until its handle is closed.
   */
  on(event: CacheEventName, listener: (event: CacheEvent<K>) => void): () => void {
    if (!EVENT_NAMES.includes(event)) throw optionError(`on takes one of ${EVENT_NAMES.join(', ')}, not ${describe(event)}`)
    callback('on', listener)
    this.#native.size()
    return listen(this.#native, event, listener as (event: CacheEvent<Key>) => void)
  }

  /**
   * Writes all entries that have not expired to a file, in place of what is there and in one step; resolves with their number. A thread of the package does it,
   * to the end also when the one that asked for it has ended.
   * `ERR_SHARDMAP_OPTION` for a path where no file can be, `ERR_SHARDMAP_IO` when the system refuses: then what was there is still there.
   */
  async dump(path: string): Promise<number> {
    const known = pathGiven('dump', path)
    return this.#answer((request) => this.#native.dump(request, known))
  }

  /**
   * Stores the entries of a file that `dump` has written, without evicting any: keys that are present stay as they are, and of the others those used
   * most come, as far as there is room and unless their time is over. Resolves with their number. The file is checked whole before:
   * `ERR_SHARDMAP_CORRUPT` or `ERR_SHARDMAP_IO` change nothing. If memory ends or the cache is destroyed in the middle it rejects, and has stored a part.
   */
  async load(path: string): Promise<number> {
    const known = pathGiven('load', path)
    return this.#answer((request) => this.#native.load(request, known))
  }

  /** Counters of the whole process; see {@link CacheStats}. */
  stats(): CacheStats {
    const [entries, bytes, hits, nearHits, misses, loads, loadErrors, ...gone] = this.#native.stats() as [number, number, number, number, number, number, number, ...number[]]
    return { entries, bytes, hits, nearHits, misses, loads, loadErrors, evictions: Object.fromEntries(CAUSES.map((cause, i) => [cause, gone[i] as number])) }
  }

  /**
   * Ends this handle: its loaders' signals abort, its pending fetches reject with `ERR_SHARDMAP_CLOSED`, its listeners stop. The entries live on until
   * `destroy` or the end of the process. Closing twice is fine.
   */
  close(): void {
    this.#close()
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.#close()
  }

  /** @internal */
  [inspect.custom](): string {
    const title = `SharedCache ${JSON.stringify(this.#name)}`
    let shown = `${title} (closed)`
    unlessClosed(() => (shown = inspectEntries(title, this.#native.size(), this.#entries())))
    return shown
  }

  #entries(): IterableIterator<[K, V]> {
    this.#native.size()
    return passEntries<K, V>(() => this.#native)
  }

  async #answer(call: (request: number) => void): Promise<number> {
    return ask((request) => void call(request))
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    const native = this.#native
    this.#near.leave(native)
    this.#near = this.#near.without()
    native.close()
    stopListening(native)
    this.#fetches.close()
  }
}
