import type { CacheEvent, CacheEventName } from './cache-types'
import { isClosedError, unlessClosed } from './handle'
import type { NativeCache } from './native'
import { forgetLetters, newRequest, onLetter } from './requests'
import type { Key } from './types'

/** In the order of their numbers; each is told of by its bit. */
const KINDS = ['evict', 'expire', 'replace', 'delete'] as const
/** In the order of their numbers. */
export const CAUSES = ['size', 'expired', 'replaced', 'deleted', 'invalidated'] as const

export const EVENT_NAMES: readonly CacheEventName[] = [...KINDS, 'dropped']

/** After which events that could not be taken are asked for again. */
const AGAIN_MS = 10

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
    this.#forget(native.id)
  }

  removeOf(native: NativeCache): void {
    for (const listening of this.#all) if (listening.native === native) this.remove(listening)
  }

  /** Lets go of them if the cache was destroyed. */
  check(): void {
    this.#ask((native) => native.size())
  }

  /** What the cache answers; undefined when it was destroyed, and then they are let go. No handle among them was closed: that removes its listeners. */
  #ask<T>(call: (native: NativeCache) => T): T | undefined {
    const [first] = this.#all
    if (first === undefined) return undefined
    try {
      return call(first.native)
    } catch (error) {
      if (!isClosedError(error)) throw error
      this.#all.clear()
      this.#forget(first.native.id)
      return undefined
    }
  }

  #forget(cache: number): void {
    forgetLetters(this.#request)
    if (caches.get(cache) === this) caches.delete(cache)
  }

  /** For the kinds that are wanted now. */
  #listen(native: NativeCache): void {
    let kinds = 0
    for (const { event } of this.#all) if (event !== 'dropped') kinds |= 1 << KINDS.indexOf(event)
    native.listen(this.#request, kinds)
    onLetter(this.#request, () => this.#news())
  }

  #news(): void {
    let news: [number, ...unknown[]] | undefined
    try {
      news = this.#ask((native) => native.events() as [number, ...unknown[]])
    } catch {
      // They still wait, and are not rung for again.
      setTimeout(() => this.#news(), AGAIN_MS).unref()
    }
    if (news === undefined) return
    const [dropped, ...events] = news
    // All of it has happened: who begins to listen meanwhile is told of none.
    const all = [...this.#all]
    if (dropped > 0) this.#tell(all, 'dropped', { key: undefined as unknown as Key, cause: 'overflow', count: dropped })
    for (let i = 0; i < events.length; i += 3) {
      this.#tell(all, KINDS[events[i] as number] as CacheEventName, { key: events[i + 2] as Key, cause: CAUSES[events[i + 1] as number] as string })
    }
  }

  #tell(all: readonly Listening[], name: CacheEventName, event: CacheEvent<Key>): void {
    for (const listening of all) {
      if (listening.event !== name || !this.#all.has(listening)) continue
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
  const known = caches.get(native.id)
  // Nobody is told of a cache's end: the table is looked through before it grows.
  if (known === undefined) for (const others of caches.values()) others.check()
  const listeners = known ?? new Listeners()
  const listening = { native, event, tell }
  listeners.add(listening)
  caches.set(native.id, listeners)
  return () => listeners.remove(listening)
}

/** Ends what a handle listens to. */
export function stopListening(native: NativeCache): void {
  caches.get(native.id)?.removeOf(native)
}
