// One thread of the soak, as its actors see it: chances, checks, and what may be refused.
import { randomFrom } from '../../bench/data.js'
import { LIVES, Tally, type Check, type Fault, type Shared } from './shared.js'

/** Something that had to hold did not. */
export class Violation extends Error {}

/** A piece of work. What it returns is waited for at rest; a thread has a bounded number of them going on. */
export interface Step {
  weight: number
  run(): unknown
}
/** What one structure has done to it by one thread. */
export interface Actor {
  steps: Step[]
  /** Gives back whatever the actor holds; called when the thread comes to rest, and before it ends in order. */
  rest?(): unknown
  /** Compares what this thread's near caches say with what is true, while nobody writes. */
  agree?(): void
}

export interface Post {
  seat: number
  id: number
  seed: number
  folder: string
  shared: Shared
}

/** Of an error of the package its code; of others, such as an AbortError, the name. */
function codeOf(error: any): string | undefined {
  return typeof error?.code === 'string' ? error.code : error?.name
}

export class Life {
  readonly seat: number
  readonly id: number
  readonly seats: number
  readonly folder: string
  readonly shared: Shared
  readonly tally: Tally
  readonly random: () => number
  readonly #dying: Int32Array
  #made = 0

  constructor({ seat, id, seed, folder, shared }: Post) {
    this.seat = seat
    this.id = id
    this.seats = shared.seats
    this.folder = folder
    this.shared = shared
    this.tally = new Tally(shared, seat)
    this.random = randomFrom(seed + Math.imul(id, 7919))
    this.#dying = new Int32Array(shared.dying)
    Atomics.store(this.#dying, id % LIVES, 0)
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit)
  }

  chance(share: number): boolean {
    return this.random() < share
  }

  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)]
  }

  /** A name that nothing else has. */
  fresh(label: string): string {
    return `${label} ${this.id} ${this.#made++}`
  }

  fault(kind: Fault): void {
    this.tally.add(kind)
  }

  check(kind: Check, holds: boolean, what: () => string): void {
    this.tally.add(kind)
    if (!holds) throw new Violation(`${kind}: ${what()} (seat ${this.seat}, life ${this.id})`)
  }

  /** Whether a thread may be gone, or is going: what it has begun may end at any instant. */
  isDying(id: number): boolean {
    return Atomics.load(this.#dying, id % LIVES) === 1
  }

  /** Runs what may be refused with one of the codes; the code if it was. */
  refused(codes: readonly string[], run: () => unknown): string | undefined {
    try {
      run()
    } catch (error) {
      const code = codeOf(error)
      if (code !== undefined && codes.includes(code)) return code
      throw error
    }
    return undefined
  }

  /** The same of a promise. */
  async rejected(codes: readonly string[], run: () => Promise<unknown>): Promise<string | undefined> {
    try {
      await run()
    } catch (error) {
      const code = codeOf(error)
      if (code !== undefined && codes.includes(code)) return code
      throw error
    }
    return undefined
  }
}

/** The thread says so before it goes, or who ends it does. */
export function markDying(shared: Shared, id: number): void {
  Atomics.store(new Int32Array(shared.dying), id % LIVES, 1)
}

/** A panic asked for by one thread may come to any call of any thread, which has then done nothing; also to the one that ends a scope. */
export function isPanic(error: any): boolean {
  if (error?.suppressed === undefined) return codeOf(error) === 'ERR_SHARDMAP_PANIC'
  const parts = [error.error, error.suppressed]
  return parts.some(isPanic) && !parts.some(part => part instanceof Violation)
}
