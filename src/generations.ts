import { decodedFrozen, decodeResult, resultLength } from './codec'
import { keyText, ownKey } from './keys'
import { head, SCALAR, slotWords, type Kind, type Raw } from './native'
import { Rest } from './rest'

export const DEFAULT_ENTRIES = 8192
const MAX_BYTES = 16 * 1024 * 1024
/** A value that would take more of the room than this is not kept. */
const MAX_VALUE_BYTES = MAX_BYTES / 8
const ENTRY_BYTES = 64
/** How much larger a decoded value is than its bytes, roughly. */
const PLAIN_FACTOR = 3

/** The words that what is kept is checked against. Without external memory nothing is ever kept, and nothing checked. */
export const words = slotWords ?? new Int32Array(2)
/** A slot that is always 0. */
export const DEAD_SLOT = words.length - 2

/**
 * A word must be read with acquire order. On x86 every load is one, and a plain one is compiled in place; `Atomics.load` is a call,
 * which is too dear for a hit. V8 never reuses the result of an earlier load from a typed array: the memory could be shared.
 */
export const PLAIN_LOADS = process.arch === 'x64' || process.arch === 'ia32'

export function isCurrent(slot: number, version: number): boolean {
  return (PLAIN_LOADS ? words[slot] : Atomics.load(words, slot)) === version
}

/** What a near cache stands before. */
export interface Source {
  id: number
  get(key: unknown): Raw
}

/** What is kept of one key. */
export interface Kept {
  value: unknown
  bytes: number
}

/** What was read through a handle that is dropped without being closed is told all the same: this holds near cache and native handle until it is. */
const dropped = new FinalizationRegistry<{ near: Generations<Source, Kept>; native: Source }>(({ near }) => near.publish())

/** A tuple or byte key in the table of keys: a string of its own would be some other key. */
class TupleKey {
  constructor(readonly text: string) {}
}

/**
 * The decoded values of one map or cache in one thread. Entries enter the young generation; when there is no room the oldest of the old one
 * go, and when that is empty, the young becomes the old. A stale entry only misses, and is filled again in place.
 *
 * A version word returns to the same value after 2^32 writes to its slot. A hit would then be wrong only if this thread did not read
 * the key once in between.
 */
export abstract class Generations<S extends Source, T extends Kept> {
  young = new Map<unknown, T>()
  readonly #rest = new Rest()
  #old = new Map<unknown, T>()
  /** The young generation while it rests. */
  #awake: Map<unknown, T> | undefined
  #oldest = this.#old.keys()
  readonly #tuples = new Map<string, TupleKey>()
  #bytes = 0
  #limit: number

  /** The open handles; weak, for a handle may be dropped without being closed. */
  #handles: WeakRef<S>[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Whether what is kept holds; if it does, that is a read of it, and counted. */
  protected abstract holds(native: S, known: T | undefined): known is T
  /** What a read of what is kept gives. */
  protected abstract valueOf(known: T): unknown
  /** What to keep of a value that `head` belongs to; undefined: nothing. */
  protected abstract kept(value: unknown, kind: Kind, bytes: number): T | undefined
  protected abstract refill(known: T, fresh: T): void
  /** All reads ever answered here. */
  protected abstract answered(): number
  /** Tells the native side of the reads answered here since the last time. */
  abstract publish(): void

  /** Stands before that handle, which reaches the map by `native`. */
  join(handle: object, native: S): void {
    this.#handles = this.#handles.filter((open) => open.deref() !== undefined)
    this.#handles.push(new WeakRef(native))
    dropped.register(handle, { near: this as unknown as Generations<Source, Kept>, native }, native)
  }

  leave(native: S): void {
    this.publish()
    dropped.unregister(native)
    this.#handles = this.#handles.filter((handle) => handle.deref() !== native)
  }

  /** The read of a key, whose entry in the young generation is given. */
  read(native: S, key: unknown, known: T | undefined): unknown {
    if (this.#passes()) return decodeResult(native.get(key))
    if (this.holds(native, known)) return this.valueOf(known)
    if (typeof key === 'object' && key !== null) return this.#readTuple(native, key)
    return this.#fetch(native, key, key, known)
  }

  /** The value that a native call has given for a key as `get` would; keeps it as that. `key` must be the caller's own. */
  take(key: unknown, raw: Raw): unknown {
    if (this.#limit === 0 || this.#rest.left > 0) return decodeResult(raw)
    const nearKey = typeof key === 'object' && key !== null ? this.#tupleKey(keyText(key) as string) : key
    return this.#keep(nearKey, raw, this.young.get(nearKey) ?? this.#promote(nearKey))
  }

  /** Calls what needs an open handle, if there is one. */
  protected tell(call: (native: S) => void): void {
    for (const handle of this.#handles) {
      const native = handle.deref()
      if (native === undefined) continue
      try {
        return call(native)
      } catch {
        // Destroyed: there is nobody left to tell.
        return
      }
    }
  }

  resize(limit: number): void {
    this.#limit = limit
    this.#wake()
    this.#makeRoom(0, 0)
  }

  #readTuple(native: S, key: object): unknown {
    const own = ownKey(key)
    const text = keyText(own)
    if (text === undefined) return decodeResult(native.get(own))
    const nearKey = this.#tupleKey(text)
    const known = this.young.get(nearKey)
    return this.holds(native, known) ? this.valueOf(known) : this.#fetch(native, nearKey, own, known)
  }

  #tupleKey(text: string): TupleKey {
    return this.#tuples.get(text) ?? new TupleKey(text)
  }

  #fetch(native: S, nearKey: unknown, key: unknown, stale: T | undefined): unknown {
    let known = stale
    if (known === undefined) {
      known = this.#promote(nearKey)
      if (this.holds(native, known)) return this.valueOf(known)
    }
    if (known !== undefined && this.#rest.isDue(this.answered())) this.#sleep()
    return this.#keep(nearKey, native.get(key), known)
  }

  #keep(nearKey: unknown, raw: Raw, known: T | undefined): unknown {
    const kind = head[2] as Kind
    const bytes = ENTRY_BYTES + (kind <= SCALAR ? scalarBytes(raw) : PLAIN_FACTOR * resultLength(raw))
    const value = decodeResult(raw)
    if (this.#rest.left > 0) return value
    const fresh = decodedFrozen && bytes <= MAX_VALUE_BYTES ? this.kept(value, kind, bytes) : undefined
    if (fresh === undefined) {
      if (known !== undefined) this.#drop(nearKey, known)
    } else if (known === undefined) {
      this.#add(nearKey, fresh)
    } else {
      this.#bytes += bytes - known.bytes
      this.refill(known, fresh)
      if (this.#bytes > MAX_BYTES) this.#makeRoom(0, 0)
    }
    return value
  }

  /** Whether a read passes by. */
  #passes(): boolean {
    return this.#limit === 0 || (this.#rest.left > 0 && !this.#rested())
  }

  /** Stops looking and keeping for a while; what is kept stays, for it can be checked when it is wanted again. */
  #sleep(): void {
    this.#awake = this.young
    this.young = new Map()
  }

  /** Counts a read of the rest; whether that is over. */
  #rested(): boolean {
    if (--this.#rest.left > 0) return false
    this.#wake()
    return true
  }

  #wake(): void {
    if (this.#awake === undefined) return
    this.young = this.#awake
    this.#awake = undefined
    this.#rest.end(this.answered(), this.young.size + this.#old.size)
  }

  #promote(nearKey: unknown): T | undefined {
    const known = this.#old.get(nearKey)
    if (known === undefined) return undefined
    this.#old.delete(nearKey)
    this.young.set(nearKey, known)
    return known
  }

  #add(nearKey: unknown, known: T): void {
    this.#makeRoom(1, known.bytes)
    this.young.set(nearKey, known)
    this.#bytes += known.bytes
    if (nearKey instanceof TupleKey) this.#tuples.set(nearKey.text, nearKey)
  }

  /** Forgets an entry of the young generation. */
  #drop(nearKey: unknown, known: T): void {
    this.young.delete(nearKey)
    this.#bytes -= known.bytes
    if (nearKey instanceof TupleKey) this.#tuples.delete(nearKey.text)
  }

  #makeRoom(entries: number, bytes: number): void {
    while (this.young.size + this.#old.size + entries > this.#limit || this.#bytes + bytes > MAX_BYTES) {
      const next = this.#oldest.next()
      if (next.done === true) {
        if (this.young.size === 0) return
        this.#old = this.young
        this.#oldest = this.#old.keys()
        this.young = new Map()
        continue
      }
      this.#bytes -= this.#old.get(next.value)?.bytes ?? 0
      this.#old.delete(next.value)
      if (next.value instanceof TupleKey) this.#tuples.delete(next.value.text)
    }
  }
}

function scalarBytes(value: unknown): number {
  if (typeof value === 'string') return 2 * value.length
  return typeof value === 'bigint' ? 16 : 0
}
