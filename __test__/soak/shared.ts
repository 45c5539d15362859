// What the threads of the soak share beside the structures under test: counts, and what each thread is about to do and has done.

/** What was done to the structures from outside their contract's good days. */
export const FAULTS = [
  'thread terminated', 'thread exited', 'thread returned', 'load failed', 'load hung', 'load aborted', 'load timed out', 'load left by its handle', 'commit aborted',
  'lock aborted', 'lease run out', 'map destroyed', 'file reopened', 'file damaged', 'key refused', 'value refused', 'option refused', 'write at a limit', 'panic asked for', 'panic met',
  'conflict', 'version no longer kept', 'disk refused', 'process killed',
] as const
export type Fault = (typeof FAULTS)[number]

/** What must hold, by the kinds that the report counts. */
export const CHECKS = [
  'value whole', 'write told is read', 'own write is read', 'what a write returns', 'iteration exact', 'snapshot of one instant', 'snapshot stays', 'counter within its writes',
  'money constant', 'money constant in a transaction', 'changes of a version sum to nothing', 'version rises', 'commit whole', 'near reads of a commit in order',
  'commit made once', 'nothing acknowledged is lost', 'cache within its bounds', 'one load per key', 'load not older than its source', 'events in order', 'lease exclusive',
  'token rises', 'limit exact', 'refusal changes nothing', 'delta leads to its version', 'dump comes back', 'size exact at rest', 'near agrees with native at rest',
  'nothing held at rest', 'error is of its code', 'kill loses nothing', 'refused disk loses nothing', 'gone at the end',
] as const
export type Check = (typeof CHECKS)[number]

/** What is met beside the threads, or after them. */
const ELSEWHERE = new Set<string>(['disk refused', 'process killed', 'kill loses nothing', 'refused disk loses nothing', 'gone at the end'])
/** What the threads have not met yet, of all that they must. */
export const missing = (sums: Record<string, number>): string[] => Object.keys(sums).filter(name => sums[name] === 0 && !ELSEWHERE.has(name))

/** Lives that may be told apart at one time; a number is used again long after its life is over. */
export const LIVES = 4_096
export const REGISTERS = 24
export const CACHED = 48
export const GROUPS = 3
export const COUNTERS = 10
export const SOURCES = 64
/** Of them, the ones whose loads never time out and are given up only by who says so before. */
export const EXCLUSIVE = 48
export const LOCKS = 6

const BYTES = { int: 4, big: 8, double: 8 }

export interface Shared {
  seats: number
  names: readonly string[]
  tally: SharedArrayBuffer
  pause: SharedArrayBuffer
  dying: SharedArrayBuffer
  registers: SharedArrayBuffer
  cached: SharedArrayBuffer
  cachedLru: SharedArrayBuffer
  groups: SharedArrayBuffer
  counters: SharedArrayBuffer
  sources: SharedArrayBuffer
  loading: SharedArrayBuffer
  holders: SharedArrayBuffer
  tokens: SharedArrayBuffer
  cycles: SharedArrayBuffer
}

export function newShared(seats: number, operations: readonly string[]): Shared {
  const names = [...operations, ...FAULTS, ...CHECKS]
  return {
    seats,
    names,
    tally: new SharedArrayBuffer(seats * names.length * BYTES.double),
    pause: new SharedArrayBuffer(3 * BYTES.int),
    dying: new SharedArrayBuffer(LIVES * BYTES.int),
    registers: new SharedArrayBuffer(2 * seats * REGISTERS * BYTES.int),
    cached: new SharedArrayBuffer(2 * seats * CACHED * BYTES.int),
    cachedLru: new SharedArrayBuffer(2 * seats * CACHED * BYTES.int),
    groups: new SharedArrayBuffer(2 * seats * GROUPS * BYTES.int),
    counters: new SharedArrayBuffer(2 * COUNTERS * BYTES.big),
    sources: new SharedArrayBuffer(2 * SOURCES * BYTES.int),
    loading: new SharedArrayBuffer((SOURCES + 1) * BYTES.int),
    holders: new SharedArrayBuffer(LOCKS * BYTES.int),
    tokens: new SharedArrayBuffer(LOCKS * BYTES.big),
    cycles: new SharedArrayBuffer(seats * BYTES.int),
  }
}

/** Counts by name. Each seat has a row that only its thread writes, so adding needs no atomic step. */
export class Tally {
  readonly row: Float64Array
  readonly #indices: Map<string, number>
  readonly #names: readonly string[]
  readonly #all: Float64Array

  constructor({ tally, names }: Pick<Shared, 'tally' | 'names'>, seat: number) {
    this.#names = names
    this.#all = new Float64Array(tally)
    this.row = this.#all.subarray(seat * names.length, (seat + 1) * names.length)
    this.#indices = new Map(names.map((name, i) => [name, i]))
  }

  index(name: string): number {
    return this.#indices.get(name)!
  }

  add(name: Fault | Check, count = 1): void {
    this.row[this.index(name)] += count
  }

  /** Of all threads. */
  sums(): Record<string, number> {
    const sums: Record<string, number> = Object.fromEntries(this.#names.map(name => [name, 0]))
    this.#all.forEach((count, i) => { sums[this.#names[i % this.#names.length]] += count })
    return sums
  }
}
