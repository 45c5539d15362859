import { inspect } from 'node:util'
import { decodeResult } from './codec'
import { closedError, markHandle } from './handle'
import { inspectEntries } from './inspect'
import type { NativeReads } from './native'
import { passEntries, passKeys, passValues } from './pages'
import type { Key, Snapshot } from './types'

/** What a snapshot is of, and what becomes of its native part when it is closed. */
export interface SnapshotOrigin {
  name: string
  version: number
  at: number
  closed?(): void
}

/** The Snapshot of a map. */
export class MapSnapshot<K extends Key, V> implements Snapshot<K, V> {
  #native: NativeReads | undefined
  readonly #origin: SnapshotOrigin

  constructor(native: NativeReads, origin: SnapshotOrigin) {
    this.#native = native
    this.#origin = origin
    markHandle(this)
  }

  get version(): bigint {
    this.#open()
    return BigInt(this.#origin.version)
  }

  get at(): Date {
    this.#open()
    return new Date(this.#origin.at)
  }

  get size(): number {
    return this.#open().size()
  }

  get(key: K): V | undefined {
    return decodeResult(this.#open().get(key)) as V | undefined
  }

  has(key: K): boolean {
    return this.#open().has(key)
  }

  entries(): IterableIterator<[K, V]> {
    return this.#entries()
  }

  keys(): IterableIterator<K> {
    this.#open()
    return passKeys<K>(() => this.#open())
  }

  values(): IterableIterator<V> {
    this.#open()
    return passValues<V>(() => this.#open())
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#entries()
  }

  close(): void {
    this.#close()
  }

  [Symbol.dispose](): void {
    this.#close()
  }

  /** @internal */
  [inspect.custom](): string {
    const title = `Snapshot ${this.#origin.version} of ${JSON.stringify(this.#origin.name)}`
    return this.#native === undefined ? `${title} (closed)` : inspectEntries(title, this.size, this)
  }

  #entries(): IterableIterator<[K, V]> {
    this.#open()
    return passEntries<K, V>(() => this.#open())
  }

  #close(): void {
    if (this.#native === undefined) return
    this.#native.close()
    this.#native = undefined
    this.#origin.closed?.()
  }

  #open(): NativeReads {
    if (this.#native === undefined) throw closedError('snapshot')
    return this.#native
  }
}
