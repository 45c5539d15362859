import { AsyncResource } from 'node:async_hooks'
import type { Ask } from './cache-options'
import type { LoadContext } from './cache-types'
import { decodedFrozen, decodePart, decodeResult, encode, encodedKind } from './codec'
import { ShardmapError } from './errors'
import { closedError, isClosedError } from './handle'
import { ownKey } from './keys'
import { beginLoading, runLoader, type Loading } from './loading'
import { ABSENT, head, HIT, LEAD, STALE, STALE_LEAD, type Kind, type NativeCache, type Raw } from './native'
import { errorOf, FAILED, forgetLetters, hold, LEADS, LOADED, newRequest, NOT_LOADED, onLetter, release, type Letter } from './requests'
import { offAbort, onAbort } from './signals'
import { decodeThrown, encodeThrown } from './thrown'

export type Loader = (key: unknown, context: LoadContext<unknown>) => unknown

interface Settle {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** The fetches of one handle that wait or load. */
export class Fetches {
  readonly native: NativeCache
  readonly #open = new Set<Fetch>()

  constructor(native: NativeCache) {
    this.native = native
  }

  /** The value of an own key. `take` gives what a stored one is to the caller. */
  fetch(key: unknown, load: Loader, ask: Ask, take: (raw: Raw) => unknown): unknown {
    const request = newRequest()
    const raw = this.native.fetch(request, key, ask.force, ask.staleMs, ask.ttl, ...ask.tags)
    const outcome = head[6]
    const flight = head[7] as number
    if (outcome === HIT) return take(raw)
    if (outcome === STALE) return decodeResult(raw)
    if (outcome === STALE_LEAD) return this.#begin(new Fetch(this, request, key, load, ask, undefined), (fetch) => fetch.lead(flight, raw))
    return new Promise((resolve, reject) => {
      const fetch = new Fetch(this, request, key, load, ask, { resolve, reject })
      this.#begin(fetch, () => (outcome === LEAD ? fetch.lead(flight, raw) : fetch.wait()))
    })
  }

  /** Gives up all of them. The native handle is closed: none follows. */
  close(): void {
    for (const fetch of this.#open) fetch.giveUp(closedError('cache'))
  }

  ended(fetch: Fetch): void {
    this.#open.delete(fetch)
  }

  /** Others rely on a fetch that leads or waits: what fails now must not leave it behind. */
  #begin(fetch: Fetch, begin: (fetch: Fetch) => unknown): unknown {
    this.#open.add(fetch)
    try {
      return begin(fetch)
    } catch (error) {
      fetch.giveUp(error)
      throw error
    }
  }
}

/**
 * One call of fetch that no stored value could answer, or its load in the background. It waits, and may be told to lead; who leads loads. `left`: it was
 * given up while a letter was under way, which may say that it leads. That flight is passed on when the letter comes.
 */
class Fetch {
  readonly #fetches: Fetches
  readonly #request: number
  readonly #key: unknown
  readonly #load: Loader
  readonly #signal: AbortSignal | undefined
  /** Undefined: nobody waits for it. */
  readonly #settle: Settle | undefined
  readonly #timeout: number | undefined
  #timer: NodeJS.Timeout | undefined
  #phase: 'waiting' | 'leading' | 'left' | 'over' = 'waiting'
  #flight = 0
  #loading: Loading | undefined
  #wanted: AbortController | undefined
  readonly #aborted = (): void => this.giveUp(this.#signal?.reason)

  constructor(fetches: Fetches, request: number, key: unknown, load: Loader, { signal, timeout }: Ask, settle: Settle | undefined) {
    this.#fetches = fetches
    this.#request = request
    this.#key = key
    this.#load = load
    this.#settle = settle
    // A load in the background outlives the call that has begun it.
    this.#signal = settle === undefined ? undefined : signal
    this.#timeout = timeout
  }

  /** Until a letter comes. The thread lives on for it. */
  wait(): void {
    hold()
    // A loader runs in the context of its own call, whoever's end makes it run.
    const context = new AsyncResource('shardmap.fetch')
    onLetter(this.#request, (letter) => this.#receive(letter, context))
    this.#limit()
  }

  /** Of a result with the old value, which is returned. */
  lead(flight: number, raw: Raw): unknown {
    this.#phase = 'leading'
    this.#flight = flight
    const stale = decodeResult(raw)
    // What nobody can freeze is everybody's own.
    const answer = decodedFrozen ? stale : decodeResult(raw)
    onLetter(this.#request, (letter) => this.#receive(letter))
    this.#limit()
    this.#run(stale)
    return answer
  }

  giveUp(reason: unknown): void {
    // The letter under way to one that was left must find it, or nobody passes the flight on.
    if (this.#phase === 'left' || this.#phase === 'over') return
    if (this.#withdraw()) this.#end()
    else this.#leave()
    this.#wanted?.abort(reason)
    this.#settle?.reject(reason)
  }

  #limit(): void {
    if (this.#signal !== undefined) onAbort(this.#signal, this.#aborted)
    const timeout = this.#timeout
    if (timeout === undefined) return
    this.#timer = setTimeout(() => this.giveUp(timeoutError(timeout)), timeout)
    if (this.#settle === undefined) this.#timer.unref()
  }

  /** Waits no more, or passes the flight on. Whether no letter follows. */
  #withdraw(): boolean {
    const { native } = this.#fetches
    const waits = this.#phase === 'waiting'
    try {
      if (waits) return native.leave(this.#key, this.#request)
      native.abandon(this.#key, this.#flight)
    } catch (error) {
      // Destroyed: there is nobody left to tell.
      if (isClosedError(error)) return true
      // It may wait still, and be told to lead.
      if (waits) return false
      try {
        native.abandon(this.#key, this.#flight)
      } catch {
        // Then the flight is passed on when this thread ends.
      }
    }
    return true
  }

  #receive(letter: Letter, context?: AsyncResource): void {
    if (letter[0] === LEADS) return this.#takeOver(letter[2], letter[3], letter[4], context)
    const phase = this.#phase
    this.#end()
    if (phase === 'left') return
    if (letter[0] === LOADED) this.#answer(() => decodePart(letter[2], letter[3]))
    else if (letter[0] === NOT_LOADED) {
      this.#answer(() => {
        throw decodeThrown(letter[2], letter[3])
      })
    } else if (letter[0] === FAILED) {
      const error = errorOf(letter)
      this.#wanted?.abort(error)
      this.#settle?.reject(error)
    }
  }

  #takeOver(flight: number, kind: Kind, stale: Raw, context: AsyncResource | undefined): void {
    const gone = this.#phase === 'left'
    if (!gone) release()
    this.#phase = 'leading'
    this.#flight = flight
    try {
      if (gone) this.giveUp(undefined)
      else context?.runInAsyncScope(() => this.#run(decodePart(kind, stale)))
    } catch (error) {
      this.giveUp(error)
    }
  }

  #run(stale: unknown): void {
    this.#wanted = new AbortController()
    const { signal } = this.#wanted
    const load = this.#load
    const loading = beginLoading(this.#fetches.native.id, this.#key)
    this.#loading = loading
    // The loader may change its key; it is loaded under this one.
    const loaded = runLoader(loading, async () => load(ownKey(this.#key), { signal, stale }))
    loaded.then((value) => this.#loaded(value), (error: unknown) => this.#failed(error))
  }

  #loaded(value: unknown): void {
    if (this.#phase !== 'leading') return
    let raw: Raw
    try {
      raw = encode(value)
    } catch (error) {
      return this.#failed(error)
    }
    const kind = encodedKind
    this.#conclude((native) => {
      native.settle(this.#key, this.#flight, raw, kind)
      return () => this.#answer(() => decodePart(kind, raw))
    })
  }

  #failed(error: unknown): void {
    if (this.#phase !== 'leading') return
    const { raw, kind } = encodeThrown(error)
    this.#conclude((native) => {
      const old = native.fail(this.#key, this.#flight, raw, kind)
      const stale = decodeResult(old)
      return head[2] === ABSENT ? () => this.#settle?.reject(error) : () => this.#settle?.resolve(stale)
    })
  }

  /** Ends the flight by `tell`, which gives what is to be said here then. */
  #conclude(tell: (native: NativeCache) => () => void): void {
    // Reading what the loader gave may have run code that gave this up.
    if (this.#phase !== 'leading') return
    let say: () => void
    try {
      say = tell(this.#fetches.native)
    } catch (error) {
      return this.giveUp(error)
    }
    this.#end()
    say()
  }

  #answer(value: () => unknown): void {
    try {
      this.#settle?.resolve(value())
    } catch (error) {
      this.#settle?.reject(error)
    }
  }

  /** Nothing comes of it any more. */
  #end(): void {
    forgetLetters(this.#request)
    this.#leave()
    this.#phase = 'over'
    this.#fetches.ended(this)
  }

  #leave(): void {
    if (this.#phase === 'waiting') release()
    this.#phase = 'left'
    if (this.#loading !== undefined) this.#loading.active = false
    clearTimeout(this.#timer)
    if (this.#signal !== undefined) offAbort(this.#signal, this.#aborted)
  }
}

function timeoutError(ms: number): ShardmapError {
  return new ShardmapError('ERR_SHARDMAP_TIMEOUT', `nothing was loaded within ${ms} ms; raise the timeout of fetch, or find out what its loader waits for`)
}
