import { types } from 'node:util'
import { canonical, decodePart, decodeResult, encodedKind, encodeOrAbsent, resultBytes } from './codec'
import { ShardmapError } from './errors'
import { ABSENT, head, SCALAR, type Kind, type NativeMap, type Raw } from './native'

// Read, compute, and replace if nobody wrote meanwhile: a neighbour on the same slot only costs another round.

/** Replaces the value by what `fn` makes of it, and returns that as a read would. */
export function replaceBy(native: NativeMap, key: unknown, fn: (value: unknown) => unknown): unknown {
  for (;;) {
    const found = native.get(key)
    const version = head[1] as number
    const next = fn(decodeResult(found))
    refuseThenable('update', next)
    const raw = encodeOrAbsent(next)
    const kind = encodedKind
    if (native.replaceIf(key, version, raw, kind)) return decodePart(kind, raw)
  }
}

/** compareAndSet for values that V8 may write in more than one way. */
export function replaceCloned(native: NativeMap, key: unknown, expected: Uint8Array, expectedKind: Kind, next: Raw, nextKind: Kind): boolean {
  const wanted = canonical(expected)
  for (;;) {
    const found = native.get(key)
    const version = head[1] as number
    if (head[2] !== expectedKind || Buffer.compare(canonical(resultBytes(found)), wanted) !== 0) return false
    if (native.replaceIf(key, version, next, nextKind)) return true
  }
}

/** increment for bigints of any width. */
export function addWide(native: NativeMap, key: unknown, by: number | bigint | undefined): bigint {
  for (;;) {
    const found = native.get(key)
    const version = head[1] as number
    const value = head[2] === ABSENT ? 0n : found
    if (typeof value !== 'bigint' || typeof by === 'number') {
      throw new ShardmapError('ERR_SHARDMAP_VALUE', 'increment adds a bigint to a bigint or a number to a number; add the type that is stored')
    }
    const sum = value + (by ?? 1n)
    if (native.replaceIf(key, version, sum, SCALAR)) return sum
  }
}

/** A promise given back says that the function was async, and its work not done. */
export function refuseThenable(call: string, value: unknown): void {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function') || typeof (value as { then?: unknown }).then !== 'function') return
  // The refusal is all there is to hear of it: what it rejects with must not end the process.
  if (types.isPromise(value)) Promise.prototype.then.call(value, undefined, () => {})
  throw new ShardmapError('ERR_SHARDMAP_VALUE', `${call} takes a function that is not async; await what you need first, then call ${call}`)
}
