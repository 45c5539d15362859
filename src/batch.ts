import { inspect } from 'node:util'
import { decode, encode, encodedKind } from './codec'
import { ShardmapError } from './errors'
import { closedError, markHandle, unlessClosed } from './handle'
import { keyText, ownKey } from './keys'
import { STAGE_ARGUMENTS } from './many'
import { ABSENT, BYTES, SCALAR, type Kind, type NativeMap, type Raw } from './native'
import type { Batch, BatchOptions, Key } from './types'

/** The handle of a map, as its batches know it. */
export interface BatchTarget<K, V> {
  readonly name: string
  readonly native: NativeMap
  get(key: K): V | undefined
  closed: boolean
}

interface Write {
  key: unknown
  value: Raw
  kind: Kind
  /** It is pending while this is the batch's round. */
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
  #pending: Write[] = []
  #round = 1
  #writes = 0
  #timer: NodeJS.Timeout | undefined
  #failure: { error: unknown } | undefined
  #closed = false

  constructor(target: BatchTarget<K, V>, options: Required<BatchOptions>) {
    this.#target = target
    this.#size = options.size
    this.#intervalMs = options.intervalMs
    markHandle(this)
  }

  get pending(): number {
    return this.#pending.length
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
    const write = this.#find(key)
    if (write === undefined) return this.#target.get(key)
    if (write.kind <= SCALAR) return write.value as V | undefined
    const bytes = write.value as Uint8Array
    return decode(write.kind, bytes, 0, bytes.length) as V
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

  #find(key: unknown): Write | undefined {
    const write = this.#kept(key)
    return write !== undefined && write.round === this.#round ? write : undefined
  }

  #kept(key: unknown): Write | undefined {
    if (typeof key !== 'object' || key === null) return this.#known.get(key)
    const text = keyText(ownKey(key))
    return text === undefined ? undefined : this.#composite.get(text)
  }

  #add(key: unknown, value: Raw, kind: Kind): void {
    const write = this.#kept(key) ?? this.#keep(key, value, kind)
    write.value = value
    write.kind = kind
    if (write.round !== this.#round) {
      write.round = this.#round
      this.#pending.push(write)
    }
    if (this.pending === 1 || this.#timer === undefined) this.#arm()
    if (++this.#writes >= this.#size) this.#flush()
  }

  #keep(key: unknown, value: Raw, kind: Kind): Write {
    const own = ownKey(key)
    if (!surelyFine(own)) this.#refuse(own, value, kind)
    const write = { key: own, value, kind, round: 0 }
    this.#index(write)
    return write
  }

  #index(write: Write): void {
    const { key } = write
    if (typeof key === 'object') this.#composite.set(keyText(key as object) as string, write)
    else this.#known.set(key, write)
  }

  /** Staged alone, what the map would not take is refused here and not by a later flush. */
  #refuse(key: unknown, value: Raw, kind: Kind): void {
    const { native } = this.#target
    native.stage(key, value, kind)
    native.unstage()
  }

  #arm(): void {
    dirty.add(this as unknown as MapBatch<Key, unknown>)
    if (!atExit) {
      atExit = true
      process.on('exit', flushAtExit)
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      if (this.#closed || this.pending === 0) return
      try {
        this.#flush()
      } catch (error) {
        this.#failure = { error }
      }
    }, this.#intervalMs).unref()
  }

  #flush(): void {
    this.#writes = 0
    const count = this.pending
    if (count === 0) return
    const { native } = this.#target
    let applied = 0
    for (let from = 0; from < count && applied === from; from += CHUNK) {
      const triples: unknown[] = []
      for (const { key, value, kind } of count <= CHUNK ? this.#pending : this.#pending.slice(from, from + CHUNK)) triples.push(key, value, kind)
      applied += native.writeEach(...triples)
    }
    if (applied < count) {
      const full = this.#forgetFirst(applied)
      throw new ShardmapError(
        'ERR_SHARDMAP_FULL',
        `${this.#target.name}: a limit was reached; ${this.pending} keys of this batch stay pending: delete entries and flush again, or raise maxEntries or maxBytes`,
        [full],
      )
    }
    this.#forgetAll()
  }

  /** Forgets what was applied; returns the key that was not. */
  #forgetFirst(applied: number): Key {
    const rest = this.#pending.slice(applied)
    this.#forgetAll()
    this.#pending = rest
    for (const write of rest) {
      write.round = this.#round
      this.#index(write)
    }
    dirty.add(this as unknown as MapBatch<Key, unknown>)
    return rest[0]?.key as Key
  }

  #forgetAll(): void {
    if (this.#known.size > KEPT) this.#known.clear()
    if (this.#composite.size > KEPT) this.#composite.clear()
    this.#pending = []
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

/** Keys that need no look at their encoded length. */
function surelyFine(key: unknown): boolean {
  return typeof key === 'string' ? key.length < 10_000 : typeof key === 'number' || typeof key === 'boolean'
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
