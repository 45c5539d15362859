import type { CacheEvent, CacheEventName } from './cache-types'
import { unlessClosed } from './handle'
import type { NativeCache } from './native'
import { forgetLetters, newRequest, onLetter } from './requests'
import type { Key } from './types'

/** In the order of their numbers; each is told of by its bit. */
const KINDS = ['evict', 'expire', 'replace', 'delete'] as const
/** In the order of their numbers. */
export const CAUSES = ['size', 'expired', 'replaced', 'deleted', 'invalidated'] as const

export const EVENT_NAMES: readonly CacheEventName[] = [...KINDS, 'dropped']

type Tell = (event: CacheEvent<Key>) => void

interface Listening {
  readonly native: NativeCache
  readonly event: CacheEventName
  readonly tell: Tell
}

/** The listeners that this thread has to one cache: natively they are one. */
class Listeners {
  readonly #request = newRequest()
  readonly #all = new Set<Listening>()

  add(listening: Listening): void {
    this.#all.add(listening)
    try {
      this.#listen(listening.native)
    } catch (error) {
      this.#all.delete(listening)
      throw error
    }
  }

  remove(listening: Listening): void {
    if (!this.#all.delete(listening)) return
    const { native } = listening
    const [another] = this.#all
    if (another !== undefined) return unlessClosed(() => this.#listen(another.native))
    native.unlisten()
    forgetLetters(this.#request)
    if (caches.get(native.id) === this) caches.delete(native.id)
  }

  removeOf(native: NativeCache): void {
    for (const listening of this.#all) if (listening.native === native) this.remove(listening)
  }

  /** For the kinds that are wanted now. */
  #listen(native: NativeCache): void {
    let kinds = 0
    for (const { event } of this.#all) if (event !== 'dropped') kinds |= 1 << KINDS.indexOf(event)
    native.listen(this.#request, kinds)
    onLetter(this.#request, () => this.#news())
  }

  #news(): void {
    const [first] = this.#all
    if (first === undefined) return
    unlessClosed(() => {
      const [dropped, ...events] = first.native.events() as [number, ...unknown[]]
      if (dropped > 0) this.#tell('dropped', { key: undefined as unknown as Key, cause: 'overflow', count: dropped })
      for (let i = 0; i < events.length; i += 3) {
        this.#tell(KINDS[events[i] as number] as CacheEventName, { key: events[i + 2] as Key, cause: CAUSES[events[i + 1] as number] as string })
      }
    })
  }

  #tell(name: CacheEventName, event: CacheEvent<Key>): void {
    for (const listening of this.#all) {
      if (listening.event !== name) continue
      try {
        listening.tell(event)
      } catch (error) {
        // As if it had been called alone: the others are told all the same.
        process.nextTick(() => {
          throw error
        })
      }
    }
  }
}

const caches = new Map<number, Listeners>()

/** Has the cache's events of a name told; returns the way to stop. */
export function listen(native: NativeCache, event: CacheEventName, tell: Tell): () => void {
  const listeners = caches.get(native.id) ?? new Listeners()
  const listening = { native, event, tell }
  listeners.add(listening)
  caches.set(native.id, listeners)
  return () => listeners.remove(listening)
}

/** Ends what a handle listens to. */
export function stopListening(native: NativeCache): void {
  caches.get(native.id)?.removeOf(native)
}
