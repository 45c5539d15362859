import { AsyncLocalStorage } from 'node:async_hooks'
import { ShardmapError } from './errors'
import { keyText } from './keys'
import type { Key } from './types'

/** A load of this thread, and the one whose loader has asked for it. */
export interface Loading {
  readonly cache: number
  readonly key: string
  /** Its end need not be the end of what its loader has begun. */
  active: boolean
  around: Loading | undefined
}

// Entered around loaders alone: what runs in none has nothing to pay for it.
const loads = new AsyncLocalStorage<Loading>()

/** A text for an own key, different for different keys. */
function textOf(key: unknown): string {
  return Array.isArray(key) ? (keyText(key) as string) : `one ${keyText([key])}`
}

function activeFrom(loading: Loading | undefined): Loading | undefined {
  let active = loading
  while (active !== undefined && !active.active) active = active.around
  return active
}

/** The innermost load that has led here and is not over. Those that are over are let go: a loader that begins the next load would keep all before it. */
function innermost(): Loading | undefined {
  const first = activeFrom(loads.getStore())
  for (let loading = first; loading !== undefined; loading = loading.around) loading.around = activeFrom(loading.around)
  return first
}

/** A load that is called here. Whoever began it says when it is over. */
export function beginLoading(cache: number, key: unknown): Loading {
  return { cache, key: textOf(key), active: true, around: innermost() }
}

/** Runs a loader so that what it calls, at once or later, is known to be called by it. */
export function runLoader<T>(loading: Loading, loader: () => T): T {
  return loads.run(loading, loader)
}

/** Throws if this is called by a loader of that very key, which would wait for itself. */
export function refuseOwnKey(cache: number, key: unknown): void {
  let loading = innermost()
  if (loading === undefined) return
  const text = textOf(key)
  for (; loading !== undefined; loading = loading.around) {
    if (loading.cache !== cache || loading.key !== text) continue
    throw new ShardmapError(
      'ERR_SHARDMAP_LOCKED',
      'this fetch is called by the loader of the same key, directly or through other loads, and would wait for itself for ever: have the loader make the value without it',
      [key as Key],
    )
  }
}
