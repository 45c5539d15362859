import { ShardmapError, type ErrorCode } from './errors'
import { space, type Kind, type Raw } from './native'
import type { Key } from './types'

// What is asked of other threads and answered by letters: see crates/shardmap-napi/src/inbox.rs.

export const SETTLED = 0
export const FAILED = 1
export const LEASE_ENDED = 2
export const LOADED = 3
export const NOT_LOADED = 4
export const LEADS = 5
export const NEWS = 6

export type Letter =
  | [kind: typeof SETTLED, request: number, answer: number]
  | [kind: typeof FAILED, request: number, code: ErrorCode, message: string, keys: readonly Key[] | undefined]
  | [kind: typeof LEASE_ENDED, request: number]
  | [kind: typeof LOADED | typeof NOT_LOADED, request: number, valueKind: Kind, value: Raw]
  | [kind: typeof LEADS, request: number, flight: number, staleKind: Kind, stale: Raw]
  | [kind: typeof NEWS, request: number]

/** Gets the letters of a request. It must not throw. */
export type Receiver = (letter: Letter) => void

const receivers = new Map<number, Receiver>()
/** What to do when the lease that a request got ends. Until its asker has heard of the lease, that is to remember the end. */
const leases = new Map<number, () => void>()
const unheard = (): void => {}
// While it is referenced it keeps the thread alive, and else it does nothing. No native call does that: one may fail, and then whoever waits would be cut off,
// or the thread kept for ever.
const awake = setInterval(() => {}, 2 ** 31 - 1).unref()
let held = 0
let last = 0
let listening = false

function receive(...letter: Letter): void {
  const [kind, request] = letter
  if (kind !== LEASE_ENDED) {
    receivers.get(request)?.(letter)
    return
  }
  const ended = leases.get(request)
  leases.delete(request)
  ended?.()
}

/** A number for a request of this thread. */
export function newRequest(): number {
  if (!listening) {
    space.listen(receive)
    listening = true
  }
  return ++last
}

/** Has the letters of a request given to `receiver`. The thread does not live on for them. */
export function onLetter(request: number, receiver: Receiver): void {
  receivers.set(request, receiver)
}

/** The letters of a request will go nowhere. */
export function forgetLetters(request: number): void {
  receivers.delete(request)
}

/** Lets the thread live on until `release`. */
export function hold(): void {
  if (++held === 1) awake.ref()
}

export function release(): void {
  if (--held === 0) awake.unref()
}

export function errorOf(letter: Letter & { 0: typeof FAILED }): ShardmapError {
  return new ShardmapError(letter[2], letter[3], letter[4])
}

/** The answer to a request that has none yet. The thread lives on until it comes. */
export function answerOf(request: number): Promise<number> {
  return new Promise((resolve, reject) => {
    hold()
    onLetter(request, (letter) => {
      forget(request)
      if (letter[0] === SETTLED) resolve(letter[2])
      else if (letter[0] === FAILED) reject(errorOf(letter))
    })
  })
}

/** Gives up a request that an answer is awaited to: it will go nowhere. */
export function forget(request: number): void {
  if (receivers.delete(request)) release()
}

/** Asks, and gives what comes back, at once or later. */
export function ask(call: (request: number) => number | undefined): number | Promise<number> {
  const request = newRequest()
  return call(request) ?? answerOf(request)
}

/** A number for a request of a lease, whose end will be heard of. */
export function newLeaseRequest(): number {
  const request = newRequest()
  leases.set(request, unheard)
  return request
}

/** Calls `ended` when the lease of that request ends otherwise than by release, or at once if it has. */
export function onLeaseEnd(request: number, ended: () => void): void {
  if (leases.has(request)) leases.set(request, ended)
  else ended()
}

export function forgetLease(request: number): void {
  leases.delete(request)
}

/** The answer, unless the signal is aborted first: then its reason, and `abandoned` is called. */
export function unlessAborted<T>(answer: T | Promise<T>, signal: AbortSignal | undefined, abandoned: () => void): T | Promise<T> {
  if (signal === undefined || !(answer instanceof Promise)) return answer
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      abandoned()
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    const settled = (): void => signal.removeEventListener('abort', abort)
    answer.finally(settled).then(resolve, reject)
  })
}
