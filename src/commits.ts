import { setTimeout as wait } from 'node:timers/promises'
import { encodedKind, encodeOrAbsent } from './codec'
import { ShardmapError } from './errors'
import { ownKey } from './keys'
import { STAGE_ARGUMENTS } from './many'
import { BYTES, type NativeVersions, type NativeView, type Raw } from './native'
import { iterable, pair } from './options'
import { ask, unlessAborted } from './requests'
import { refuseThenable } from './retry'
import { staged } from './staging'
import { MapTransaction } from './transaction'
import type { Key, Transaction } from './types'
import type { Views } from './views'

/** How often a function given to commit runs before the conflict is its caller's. */
const TRIES = 100
/** Tries that follow one another at once. */
const EAGER = 3
const LONGEST_WAIT_MS = 32

type Fn<K extends Key, V> = (tx: Transaction<K, V>) => void

/** The writes (key, value, kind, ...) of entries in which undefined deletes. Runs the user's getters, and nothing after them. */
export function encodeAll<K, V>(call: string, entries: Iterable<readonly [K, V | undefined]>): Raw[] {
  const writes: Raw[] = []
  for (const entry of iterable(call, entries)) {
    const [key, value] = pair(call, entry)
    const own = ownKey(key)
    const raw = encodeOrAbsent(value)
    const kind = encodedKind
    writes.push(own, kind === BYTES ? new Uint8Array(raw as Uint8Array) : raw, kind)
  }
  return writes
}

/** As many arguments at a time as a call takes. */
function inPieces(all: readonly unknown[]): readonly (readonly unknown[])[] {
  if (all.length === 0) return []
  if (all.length <= STAGE_ARGUMENTS) return [all]
  return Array.from({ length: Math.ceil(all.length / STAGE_ARGUMENTS) }, (_, i) => all.slice(i * STAGE_ARGUMENTS, (i + 1) * STAGE_ARGUMENTS))
}

/** Hands over writes and keys and runs `call`, all or nothing. Nothing in between runs code of the user. */
export function withStaged<T>(native: NativeVersions, writes: readonly unknown[], keys: readonly unknown[], call: () => T): T {
  const stage = (): void => {
    for (const some of inPieces(writes)) native.stage(...some)
    for (const some of inPieces(keys)) native.stageKeys(...some)
  }
  return staged(native, stage, call)
}

/** Runs the function on the latest version, which the view then holds; returns that and what the function has read and written. */
function runOn<K extends Key, V>(view: NativeView, fn: Fn<K, V>): { version: bigint; reads: unknown[]; writes: unknown[] } {
  const version = BigInt(view.take()[0])
  const tx = new MapTransaction<K, V>(view, version)
  let ended: ReturnType<typeof tx.end>
  try {
    refuseThenable('commit', fn(tx))
  } finally {
    ended = tx.end()
  }
  return { version, ...ended }
}

/** Runs the function and commits what it wrote, again while keys that it read are written meanwhile. What wrote nothing has the version it read. */
export async function commitFunction<K extends Key, V>(
  native: NativeVersions, views: Views, fn: Fn<K, V>, lease: number | undefined, signal: AbortSignal | undefined,
): Promise<bigint> {
  for (let tries = 1; ; tries++) {
    const view = views.take()
    try {
      const { version, reads, writes } = runOn(view, fn)
      signal?.throwIfAborted()
      if (writes.length === 0 && lease === undefined) return version
      try {
        return BigInt(await unlessAborted(ask((request) => withStaged(native, writes, reads, () => view.commit(request, lease))), signal, () => {}))
      } catch (error) {
        if (!isRetried(error, tries)) throw error
      }
    } finally {
      views.giveBack(view)
    }
    await backOff(tries, signal)
  }
}

/** The same, and waits. */
export function commitFunctionSync<K extends Key, V>(native: NativeVersions, views: Views, fn: Fn<K, V>): bigint {
  for (let tries = 1; ; tries++) {
    const view = views.take()
    try {
      const { version, reads, writes } = runOn(view, fn)
      if (writes.length === 0) return version
      try {
        return BigInt(withStaged(native, writes, reads, () => view.commit(undefined)) as number)
      } catch (error) {
        if (!isRetried(error, tries)) throw error
      }
    } finally {
      views.giveBack(view)
    }
  }
}

/** Whether what a function wrote is to be worked out again when it was refused so, `tries` having been made. */
function isRetried(error: unknown, tries: number): boolean {
  return error instanceof ShardmapError && error.code === 'ERR_SHARDMAP_CONFLICT' && tries < TRIES
}

/** Waits before the next try: not at all, then for a random time that grows. */
async function backOff(tries: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  if (tries <= EAGER) return
  const longest = Math.min(2 ** (tries - EAGER), LONGEST_WAIT_MS)
  await wait(Math.random() * longest, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted())
}
