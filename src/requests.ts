import { ShardmapError, type ErrorCode } from './errors'
import { space } from './native'
import type { Key } from './types'

// What is asked of other threads and answered by a letter: see crates/shardmap-napi/src/inbox.rs.

interface Waiting {
  resolve(answer: number): void
  reject(error: unknown): void
}

const waiting = new Map<number, Waiting>()
/** What to do when the lease that a request got ends. Until its asker has heard of the lease, that is to remember the end. */
const leases = new Map<number, () => void>()
const unheard = (): void => {}
let last = 0
let listening = false

type Letter =
  | [kind: 0, request: number, answer: number]
  | [kind: 1, request: number, code: ErrorCode, message: string, keys: readonly Key[] | undefined]
  | [kind: 2, request: number]

function receive(...letter: Letter): void {
  const [kind, request] = letter
  if (kind === 2) {
    const ended = leases.get(request)
    leases.delete(request)
    ended?.()
    return
  }
  const asked = waiting.get(request)
  if (asked === undefined) return
  forget(request)
  if (kind === 0) asked.resolve(letter[2])
  else asked.reject(new ShardmapError(letter[2], letter[3], letter[4]))
}

/** A number for a request of this thread. */
function newRequest(): number {
  if (!listening) {
    space.listen(receive)
    listening = true
  }
  return ++last
}

/** The answer to a request that has none yet. The thread lives on until it comes. */
export function answerOf(request: number): Promise<number> {
  return new Promise((resolve, reject) => {
    waiting.set(request, { resolve, reject })
    if (waiting.size === 1) space.hold(true)
  })
}

/** Gives a request up: its answer will go nowhere. */
export function forget(request: number): void {
  if (waiting.delete(request) && waiting.size === 0) space.hold(false)
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
