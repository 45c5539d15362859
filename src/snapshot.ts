import { inspect } from 'node:util'
import { decodeResult } from './codec'
import { closedError, markHandle } from './handle'
import { inspectEntries } from './inspect'
import type { NativeSnapshot } from './native'
import { passEntries, passKeys, passValues } from './pages'
import type { Key, Snapshot } from './types'

/** The Snapshot of a SharedMap. */
export class MapSnapshot<K extends Key, V> implements Snapshot<K, V> {
  #native: NativeSnapshot | undefined
  readonly #name: string
  readonly #version: bigint
  readonly #at: number

  constructor(native: NativeSnapshot, name: string) {
    this.#native = native
    this.#name = name
    this.#version = BigInt(native.number)
    this.#at = native.at
    markHandle(this)
  }

  get version(): bigint {
    this.#open()
    return this.#version
  }

  get at(): Date {
    this.#open()
    return new Date(this.#at)
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
    const title = `Snapshot ${this.#version} of ${JSON.stringify(this.#name)}`
    return this.#native === undefined ? `${title} (closed)` : inspectEntries(title, this.size, this)
  }

  #entries(): IterableIterator<[K, V]> {
    this.#open()
    return passEntries<K, V>(() => this.#open())
  }

  #close(): void {
    this.#native?.close()
    this.#native = undefined
  }

  #open(): NativeSnapshot {
    if (this.#native === undefined) throw closedError('snapshot')
    return this.#native
  }
}
