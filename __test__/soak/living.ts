// How a thread lives: steps of all its actors at random, a bounded number of them going on, until it is told to rest or to end.
import { actors } from './actors.js'
import { isPanic, Life, markDying, Violation, type Actor, type Post, type Step } from './life.js'
import { counting, operations } from './operations.js'

/** What is asked of all threads, in the first word of `pause`; in the second they count themselves. */
export const WORK = 0
export const REST = 1
export const AGREE = 2

const STEPS = 40
const LANES = 48
/** Nothing that was begun may take longer: leases, the quiet of events and hanging loads are far below it. */
const SETTLES_MS = 90_000

export class Living {
  readonly life: Life
  readonly #pause: Int32Array
  readonly #going = new Map<Promise<unknown>, { since: number; step: Step }>()
  #actors: Actor[] = []
  #table: Step[] = []
  #weights: number[] = []
  #ends = false
  #failure: unknown

  constructor(post: Post) {
    this.life = new Life(post)
    this.#pause = new Int32Array(post.shared.pause)
  }

  /** Lets it finish what is going on, and end. */
  end(): void {
    this.#ends = true
  }

  async live(): Promise<void> {
    await this.#begin()
    // The thread that lives throughout does everything once at first, also what is rare.
    if (this.life.seat === 0) for (const step of this.#table) this.#run(step)
    while (!this.#ends) {
      if (Atomics.load(this.#pause, 0) === REST) await this.#rest()
      for (let i = 0; i < STEPS; i++) this.#step()
      await new Promise(resolve => setImmediate(resolve))
      if (this.#failure !== undefined) throw this.#failure
      this.#watch()
    }
    await this.#settle()
    markDying(this.life.shared, this.life.id)
  }

  async #begin(): Promise<void> {
    const { life } = this
    await this.#unlessPanic(() => operations(`operations ${life.seat}`, counting(life.tally.row, name => life.tally.index(name))))
    this.#actors = await this.#unlessPanic(() => actors(life))
    const steps = this.#actors.flatMap(actor => actor.steps)
    let sum = 0
    this.#table = steps
    this.#weights = steps.map(({ weight }) => (sum += weight))
  }

  /** Again and again, until no panic comes to it. */
  async #unlessPanic<T>(run: () => T | Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await run()
      } catch (error) {
        this.#refused(error)
      }
    }
  }

  /** Panics are to be expected anywhere. All else that no actor expected is a failure. */
  #refused(error: unknown): void {
    if (!isPanic(error)) throw error
    this.life.fault('panic met')
  }

  #step(): void {
    const at = this.life.random() * this.#weights[this.#weights.length - 1]
    const step = this.#table[this.#weights.findIndex(weight => at < weight)]
    if (this.#going.size < LANES || this.life.chance(0.1)) this.#run(step)
  }

  #run(step: Step): void {
    try {
      const result = step.run()
      if (result instanceof Promise) this.#follow(result, step)
    } catch (error) {
      this.#refused(error)
    }
  }

  #follow(result: Promise<unknown>, step: Step): void {
    const settled = this.#settled(result).finally(() => this.#going.delete(settled))
    this.#going.set(settled, { since: performance.now(), step })
  }

  async #settled(result: Promise<unknown>): Promise<void> {
    try {
      await result
    } catch (error) {
      try {
        this.#refused(error)
      } catch (failure) {
        this.#failure ??= failure
      }
    }
  }

  /** The oldest comes first. */
  #watch(): void {
    for (const { since, step } of this.#going.values()) {
      if (performance.now() - since > SETTLES_MS) throw new Violation(`"${step.run.name}" was not over after ${SETTLES_MS} ms (seat ${this.life.seat}, life ${this.life.id})`)
      return
    }
  }

  async #settle(): Promise<void> {
    while (this.#going.size > 0) {
      await Promise.race([...this.#going.keys(), new Promise(resolve => setTimeout(resolve, 1_000))])
      this.#watch()
    }
    if (this.#failure !== undefined) throw this.#failure
    for (const actor of this.#actors) await this.#unlessPanic(() => actor.rest?.())
  }

  async #rest(): Promise<void> {
    await this.#settle()
    await this.#arrive(REST)
    for (const actor of this.#actors) await this.#unlessPanic(() => actor.agree?.())
    await this.#arrive(AGREE)
  }

  /** Says that it is there, and waits for what comes after. */
  async #arrive(phase: number): Promise<void> {
    Atomics.add(this.#pause, 1, 1)
    while (Atomics.load(this.#pause, 0) === phase && !this.#ends) await new Promise(resolve => setTimeout(resolve, 2))
  }
}
