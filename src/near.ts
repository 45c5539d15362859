import { decodedFrozen, decodeResult, resultLength } from './codec'
import { keyText, ownKey } from './keys'
import { ABSENT, head, SCALAR, slotWords, type Kind, type Raw } from './native'
import { Rest } from './rest'

const DEFAULT_ENTRIES = 8192
const MAX_BYTES = 16 * 1024 * 1024
/** A value that would take more of the room than this is not kept. */
const MAX_VALUE_BYTES = MAX_BYTES / 8
const ENTRY_BYTES = 64
/** How much larger a decoded value is than its bytes, roughly. */
const PLAIN_FACTOR = 3

/**
 * What this thread knows of one key. It holds as long as the slot still has the version that was read with the value. Small, because a hit
 * reads it from memory.
 */
export class Known {
  constructor(
    public value: unknown,
    public slot: number,
    public version: number,
    public bytes: number,
  ) {}
}

/** The words to check `Known` against. Without external memory nothing is ever kept, and nothing checked. */
export const words = slotWords ?? new Int32Array(2)

/** A slot that is always 0. What is known of an absent key stands in an `Absence`, under this slot and another version: never a hit. */
const DEAD_SLOT = words.length - 2
const DEAD_VERSION = 1

/** Known to be absent. */
class Absence {
  constructor(
    public slot: number,
    public version: number,
  ) {}
}

function isCurrent(slot: number, version: number): boolean {
  return (PLAIN_LOADS ? words[slot] : Atomics.load(words, slot)) === version
}

/**
 * A word must be read with acquire order. On x86 every load is one, and a plain one is compiled in place; `Atomics.load` is a call that
 * costs as much as the rest of a hit. V8 never reuses the result of an earlier load from a typed array: the memory could be shared.
 */
export const PLAIN_LOADS = process.arch === 'x64' || process.arch === 'ia32'

/** A map that a near cache stands before. */
export interface NearSource {
  id: number
  get(key: unknown): Raw
  countNear?(hits: number, absences: number): void
}

/** Near hits that are counted here before the map is told, less one. */
export const PUBLISH_MASK = 1023

/** A tuple or byte key in the table of keys: a string of its own would be some other key. */
class TupleKey {
  constructor(readonly text: string) {}
}

/**
 * The decoded values of one map in one thread. Entries enter the young generation; when there is no room the oldest of the old one
 * go, and when that is empty, the young becomes the old. A stale entry only misses, and is filled again in place.
 *
 * A version word returns to the same value after 2^32 writes to its slot. A hit would then be wrong only if this thread did not read
 * the key once in between.
 */
export class Near {
  young = new Map<unknown, Known>()
  /** Reads that found a value here, and have not been told to the map. */
  hits = 0
  #absences = 0
  #told = 0
  readonly #rest = new Rest()
  #old = new Map<unknown, Known>()
  /** The young generation while it rests. */
  #awake: Map<unknown, Known> | undefined
  #oldest = this.#old.keys()
  readonly #tuples = new Map<string, TupleKey>()
  #bytes = 0
  #limit: number

  /** The open handles; weak, for a handle may be dropped without being closed. */
  #handles: WeakRef<NearSource>[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  join(native: NearSource): void {
    this.#handles = this.#handles.filter((handle) => handle.deref() !== undefined)
    this.#handles.push(new WeakRef(native))
  }

  leave(native: NearSource): void {
    this.publish()
    this.#handles = this.#handles.filter((handle) => handle.deref() !== native)
  }

  /** The read of a key, whose entry in the young generation is given. */
  read(native: NearSource, key: unknown, known: Known | undefined): unknown {
    if (this.#limit === 0 || (this.#rest.left > 0 && !this.#rested())) return decodeResult(native.get(key))
    if (this.#holds(known)) return valueOf(known)
    if (typeof key === 'object' && key !== null) return this.#readTuple(native, key)
    return this.#fetch(native, key, key, known)
  }

  /** Tells the map of the reads answered here since the last time. */
  publish(): void {
    const { hits } = this
    const absences = this.#absences
    this.hits = 0
    this.#absences = 0
    this.#told += hits
    if (hits + absences === 0) return
    try {
      for (const handle of this.#handles) {
        const native = handle.deref()
        if (native !== undefined) return native.countNear?.(hits, absences)
      }
    } catch {
      // Destroyed: there is nobody left to tell.
    }
  }

  #readTuple(native: NearSource, key: object): unknown {
    const own = ownKey(key)
    const text = keyText(own)
    if (text === undefined) return decodeResult(native.get(own))
    const nearKey = this.#tuples.get(text) ?? new TupleKey(text)
    const known = this.young.get(nearKey)
    return this.#holds(known) ? valueOf(known) : this.#fetch(native, nearKey, own, known)
  }

  #fetch(native: NearSource, nearKey: unknown, key: unknown, stale: Known | undefined): unknown {
    let known = stale
    if (known === undefined) {
      known = this.#promote(nearKey)
      if (this.#holds(known)) return valueOf(known)
    }
    if (known !== undefined && this.#rest.isDue(this.#told + this.hits)) this.#sleep()
    const raw = native.get(key)
    const slot = head[0] as number
    const version = head[1] as number
    const kind = head[2] as Kind
    const bytes = ENTRY_BYTES + (kind <= SCALAR ? scalarBytes(raw) : PLAIN_FACTOR * resultLength(raw))
    const value = decodeResult(raw)
    if (this.#rest.left > 0) return value
    const fresh =
      kind === ABSENT
        ? new Known(new Absence(slot, version), DEAD_SLOT, DEAD_VERSION, bytes)
        : new Known(value, slot, version, bytes)
    if (!decodedFrozen || bytes > MAX_VALUE_BYTES) {
      if (known !== undefined) this.#drop(nearKey, known)
    } else if (known === undefined) {
      this.#add(nearKey, fresh)
    } else {
      this.#bytes += bytes - known.bytes
      known.value = fresh.value
      known.slot = fresh.slot
      known.version = fresh.version
      known.bytes = bytes
      if (this.#bytes > MAX_BYTES) this.#makeRoom(0, 0)
    }
    return value
  }

  #holds(known: Known | undefined): known is Known {
    if (known === undefined) return false
    if (isCurrent(known.slot, known.version)) {
      if ((++this.hits & PUBLISH_MASK) === 0) this.publish()
      return true
    }
    if (!isAbsence(known)) return false
    if ((++this.#absences & PUBLISH_MASK) === 0) this.publish()
    return true
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
    this.#rest.end(this.#told + this.hits, this.young.size + this.#old.size)
  }

  #promote(nearKey: unknown): Known | undefined {
    const known = this.#old.get(nearKey)
    if (known === undefined) return undefined
    this.#old.delete(nearKey)
    this.young.set(nearKey, known)
    return known
  }

  #add(nearKey: unknown, known: Known): void {
    this.#makeRoom(1, known.bytes)
    this.young.set(nearKey, known)
    this.#bytes += known.bytes
    if (nearKey instanceof TupleKey) this.#tuples.set(nearKey.text, nearKey)
  }

  /** Forgets an entry of the young generation. */
  #drop(nearKey: unknown, known: Known): void {
    this.young.delete(nearKey)
    this.#bytes -= known.bytes
    if (nearKey instanceof TupleKey) this.#tuples.delete(nearKey.text)
  }

  resize(limit: number): void {
    this.#limit = limit
    this.#wake()
    this.#makeRoom(0, 0)
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

/** Whether the key of a stale entry is known to be absent. */
export function isAbsence({ value }: Known): boolean {
  return value instanceof Absence && isCurrent(value.slot, value.version)
}

function valueOf({ value }: Known): unknown {
  return value instanceof Absence ? undefined : value
}

function scalarBytes(value: unknown): number {
  if (typeof value === 'string') return 2 * value.length
  return typeof value === 'bigint' ? 16 : 0
}

const nears = new Map<number, WeakRef<Near>>()
const forgotten = new FinalizationRegistry<number>((id) => {
  if (nears.get(id)?.deref() === undefined) nears.delete(id)
})

let atExit = false

/** The near cache that all handles of a map share in this thread; the latest limit given is in force. 0: one that keeps nothing. */
export function nearOf(native: NearSource, limit: number | undefined): Near {
  if (limit === 0 || slotWords === undefined) return new Near(0)
  let near = nears.get(native.id)?.deref()
  if (near === undefined) {
    near = new Near(limit ?? DEFAULT_ENTRIES)
    nears.set(native.id, new WeakRef(near))
    forgotten.register(near, native.id)
    if (!atExit) process.on('exit', publishAll)
    atExit = true
  } else if (limit !== undefined) {
    near.resize(limit)
  }
  near.join(native)
  return near
}

/** The hits of a thread are known when it has ended in order. */
function publishAll(): void {
  for (const near of nears.values()) near.deref()?.publish()
}
