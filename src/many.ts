import { decodePart } from './codec'
import { ShardmapError } from './errors'
import type { Kind, NativeMap } from './native'
import { staged } from './staging'

// Nothing in this file runs code of the user: what was staged must be applied before anybody else stages.

/** A multiple of three; the arguments of a native call live on the stack. */
export const STAGE_ARGUMENTS = 12_000
/** What one call of a consistent read can take. */
const CONSISTENT_KEYS = 50_000

/** What writes are handed to before they are applied together. */
interface Staging {
  size(): number
  stage(...writes: unknown[]): void
  unstage(): void
}

/** All or none of the writes (key, value, kind, ...); returns what `apply` does. */
export function applyAll<T>(native: Staging, writes: unknown[], apply: () => T): T {
  const stage = (): void => {
    if (writes.length === 0) native.size()
    for (let i = 0; i < writes.length; i += STAGE_ARGUMENTS) native.stage(...writes.slice(i, i + STAGE_ARGUMENTS))
  }
  return staged(native, stage, apply)
}

/** The values of the keys at one point in time. */
export function readTogether(native: NativeMap, keys: unknown[]): unknown[] {
  if (keys.length > CONSISTENT_KEYS) {
    throw new ShardmapError('ERR_SHARDMAP_OPTION', `a consistent getMany takes at most ${CONSISTENT_KEYS} keys, not ${keys.length}; read them from snapshot()`)
  }
  const found = native.readMany(true, ...keys)
  return keys.map((_, i) => decodePart(found[2 * i] as Kind, found[2 * i + 1]))
}
