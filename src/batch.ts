import { inspect } from 'node:util'
import { decodePart, encode, encodedKind } from './codec'
import { ShardmapError } from './errors'
import { closedError, markHandle, unlessClosed } from './handle'
import { keyText, ownKey } from './keys'
import { STAGE_ARGUMENTS } from './many'
import { ABSENT, BYTES, type Kind, type NativeMap, type NativeWriter, type Raw } from './native'
import type { Batch, BatchOptions, Key } from './types'

/** The handle of a map, as its batches know it. */
export interface BatchTarget<K, V> {
  readonly name: string
  readonly native: NativeMap
  get(key: K): V | undefined
  closed: boolean
}

/** A key that was written, hot perhaps. */
interface Write {
  key: unknown
  /** What the native writer calls the key. */
  number: number
  /** Its place in `#triples` while it is pending, which it is while this is the batch's round. */
  at: number
  round: number
}

/** Writes of one native call. */
const CHUNK = STAGE_ARGUMENTS / 3

/** Writes that are kept for hot keys to use again. */
const KEPT = 1024

/** Batches of this thread with pending writes: an orderly exit flushes them. */
const dirty = new Set<MapBatch<Key, unknown>>()
let atExit = false

/** The Batch of a SharedMap. */
export class MapBatch<K extends Key, V> implements Batch<K, V> {
  readonly #target: BatchTarget<K, V>
  readonly #size: number
  readonly #intervalMs: number
  // Tuples and bytes are found by text in a table of their own, for a string key may read the same.
  readonly #known = new Map<unknown, Write>()
  readonly #composite = new Map<string, Write>()
  readonly #writer: NativeWriter
  /** Number, value and kind of every pending write; then room that is left from a longer round. */
  #triples: unknown[] = []
  #pending = 0
  #round = 1
  #writes = 0
  #timer: NodeJS.Timeout | undefined
  #failure: { error: unknown } | undefined
  #closed = false

  constructor(target: BatchTarget<K, V>, options: Required<BatchOptions>) {
    this.#target = target
    this.#writer = target.native.writer()
    this.#size = options.size
    this.#intervalMs = options.intervalMs
    markHandle(this)
  }

  get pending(): number {
    return this.#pending
  }

  set(key: K, value: V): this {
    this.#ready()
    const raw = encode(value)
    const kind = encodedKind
    // The caller may go on using its buffer.
    this.#add(key, kind === BYTES ? new Uint8Array(raw as Uint8Array) : raw, kind)
    return this
  }

  delete(key: K): this {
    this.#ready()
    this.#add(key, undefined, ABSENT)
    return this
  }

  get(key: K): V | undefined {
    this.#ready()
    const write = this.#kept(key)
    if (write === undefined || write.round !== this.#round) return this.#target.get(key)
    return decodePart(this.#triples[write.at + 2] as Kind, this.#triples[write.at + 1]) as V | undefined
  }

  flush(): void {
    this.#ready()
    this.#flush()
  }

  close(): void {
    this.#close()
  }

  [Symbol.dispose](): void {
    this.#close()
  }

  /** @internal */
  [inspect.custom](): string {
    return `Batch of ${JSON.stringify(this.#target.name)} (${this.#closed ? 'closed' : `${this.pending} pending`})`
  }

  /** Whether this batch writes through that handle. */
  isOf(target: object): boolean {
    return this.#target === target
  }

  #ready(): void {
    if (this.#closed || this.#target.closed) throw closedError('batch')
    if (this.#failure === undefined) return
    const { error } = this.#failure
    this.#failure = undefined
    throw error
  }

  #kept(key: unknown): Write | undefined {
    if (typeof key !== 'object' || key === null) return this.#known.get(key)
    const text = keyText(ownKey(key))
    return text === undefined ? undefined : this.#composite.get(text)
  }

  #add(key: unknown, value: Raw, kind: Kind): void {
    const write = this.#kept(key) ?? this.#keep(key)
    const triples = this.#triples
    if (write.round !== this.#round) {
      write.round = this.#round
      write.at = 3 * this.#pending++
      triples[write.at] = write.number
    }
    triples[write.at + 1] = value
    triples[write.at + 2] = kind
    if (this.#pending === 1 || this.#timer === undefined) this.#arm()
    if (++this.#writes >= this.#size) this.#flush()
  }

  /** A key that the map would not take is refused here and not by a later flush. */
  #keep(key: unknown): Write {
    const own = ownKey(key)
    const write = { key: own, number: this.#writer.key(own), at: 0, round: 0 }
    if (typeof own === 'object') this.#composite.set(keyText(own as object) as string, write)
    else this.#known.set(own, write)
    return write
  }

  #arm(): void {
    dirty.add(this as unknown as MapBatch<Key, unknown>)
    if (!atExit) {
      atExit = true
      process.on('exit', flushAtExit)
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      if (this.#closed || this.#pending === 0) return
      try {
        this.#flush()
      } catch (error) {
        this.#failure = { error }
      }
    }, this.#intervalMs).unref()
  }

  #flush(): void {
    this.#writes = 0
    const count = this.#pending
    if (count === 0) return
    let applied = 0
    while (applied < count) {
      const chunk = Math.min(count - applied, CHUNK)
      const written = this.#writer.write(...this.#slice(3 * applied, 3 * (applied + chunk)))
      applied += written
      if (written < chunk) break
    }
    if (applied < count) {
      const full = this.#forgetFirst(applied)
      throw new ShardmapError(
        'ERR_SHARDMAP_FULL',
        `${this.#target.name}: a limit was reached; ${this.#pending} keys of this batch stay pending: delete entries and flush again, or raise maxEntries or maxBytes`,
        [full],
      )
    }
    this.#forgetAll()
  }

  #slice(start: number, end: number): unknown[] {
    return start === 0 && end === this.#triples.length ? this.#triples : this.#triples.slice(start, end)
  }

  /** Forgets what was applied; returns the key that was not. */
  #forgetFirst(applied: number): Key {
    const rest = this.#triples.slice(3 * applied, 3 * this.#pending)
    let full: unknown
    for (const writes of [this.#known, this.#composite]) {
      for (const write of writes.values()) {
        if (write.round !== this.#round) continue
        write.at -= 3 * applied
        if (write.at < 0) write.round = 0
        else if (write.at === 0) full = write.key
      }
    }
    this.#triples = rest
    this.#pending -= applied
    return full as Key
  }

  #forgetAll(): void {
    if (this.#known.size + this.#composite.size > KEPT) {
      this.#known.clear()
      this.#composite.clear()
      this.#writer.forget()
      this.#triples = []
    }
    const triples = this.#triples
    // In a loop, which is compiled: fill calls out.
    for (let at = 1; at < triples.length; at += 3) triples[at] = undefined
    this.#pending = 0
    this.#round++
    dirty.delete(this as unknown as MapBatch<Key, unknown>)
  }

  #close(): void {
    if (this.#closed) return
    const failure = this.#failure
    try {
      this.#flush()
    } finally {
      this.#end()
    }
    if (failure !== undefined) throw failure.error
  }

  #end(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#forgetAll()
  }
}

/** Closes the batches of a handle that is being closed, every one; the first error is thrown at the end. */
export function closeBatchesOf(target: object): void {
  let failure: { error: unknown } | undefined
  for (const batch of dirty) {
    if (!batch.isOf(target)) continue
    try {
      batch.close()
    } catch (error) {
      failure ??= { error }
    }
  }
  if (failure !== undefined) throw failure.error
}

function flushAtExit(): void {
  for (const batch of dirty) {
    try {
      unlessClosed(() => batch.close())
    } catch (error) {
      // Nobody is left to catch it, and losing writes silently would be worse.
      process.stderr.write(`shardmap: writes of a batch were lost at exit: ${String(error)}\n`)
    }
  }
}
