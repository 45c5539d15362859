import { ABSENT, BYTES, type Kind, type NativeView, type Raw } from './native'
import { decodePart, decodeResult, encodedKind, encodeOrAbsent } from './codec'
import { ShardmapError } from './errors'
import { markHandle } from './handle'
import { keyText, ownKey } from './keys'
import type { Key, Transaction } from './types'

interface Write {
  key: unknown
  value: Raw
  kind: Kind
}

/** The Transaction of a commit: reads one version, gathers writes, and is dead once the function has returned. */
export class MapTransaction<K extends Key, V> implements Transaction<K, V> {
  readonly #view: NativeView
  readonly #version: bigint
  // Keys that are no primitives are found by their text.
  readonly #writes = new Map<unknown, Write>()
  readonly #reads = new Map<unknown, unknown>()
  #dead = false

  constructor(view: NativeView, version: bigint) {
    this.#view = view
    this.#version = version
    markHandle(this)
  }

  get version(): bigint {
    this.#alive()
    return this.#version
  }

  get(key: K): V | undefined {
    this.#alive()
    const own = ownKey(key)
    const place = placeOf(own)
    const write = this.#writes.get(place)
    if (write !== undefined) return decodePart(write.kind, write.value) as V | undefined
    const value = decodeResult(this.#view.get(own)) as V | undefined
    this.#reads.set(place, own)
    return value
  }

  set(key: K, value: V): void {
    this.#alive()
    const own = ownKey(key)
    const raw = encodeOrAbsent(value)
    const kind = encodedKind
    this.#write(own, kind === BYTES ? new Uint8Array(raw as Uint8Array) : raw, kind)
  }

  delete(key: K): void {
    this.#alive()
    this.#write(ownKey(key), undefined, ABSENT)
  }

  /** Ends it; returns the keys that were read and the writes as (key, value, kind, ...). */
  end(): { reads: unknown[]; writes: unknown[] } {
    this.#dead = true
    const writes = Array.from(this.#writes.values(), ({ key, value, kind }) => [key, value, kind])
    return { reads: [...this.#reads.values()], writes: writes.flat() }
  }

  #write(key: unknown, value: Raw, kind: Kind): void {
    // What is no key is refused here, where the caller can see which.
    this.#view.has(key)
    this.#writes.set(placeOf(key), { key, value, kind })
  }

  #alive(): void {
    if (this.#dead) throw new ShardmapError('ERR_SHARDMAP_CLOSED', 'this transaction has ended; use it only inside the function given to commit')
  }
}

/** What finds a key again: itself, or for a tuple or bytes a string that no other such key has, kept apart from keys that are strings. */
function placeOf(key: unknown): unknown {
  if (typeof key !== 'object' || key === null) return typeof key === 'string' ? `k${key}` : key
  return `o${keyText(key) ?? ''}`
}
