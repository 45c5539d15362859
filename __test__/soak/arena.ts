// The process of the soak: threads that are born and ended all the time, this one that lives throughout, and rests at which the whole is counted.
import { setTimeout as wait } from 'node:timers/promises'
import { SharedCache, SharedMap, SnapshotMap, type Key } from 'shardmap'
import { longThreads, openFiles } from '../fixtures/open-files.js'
import { lru, tinylfu } from './actors/caches.js'
import { NAME as COUNTERS, prepare } from './actors/counters.js'
import { NAME as EVENTS, OPTIONS as EVENT_OPTIONS } from './actors/events.js'
import { fillIds, maps } from './actors/groups.js'
import { NAME as LEDGER, opening, OPTIONS as LEDGER_OPTIONS } from './actors/ledger.js'
import { NAME as LIMITED, OPTIONS as LIMITS } from './actors/limits.js'
import { NAME as LOCKS } from './actors/locks.js'
import { NAME as REGISTERS } from './actors/registers.js'
import { census, destroyAll, nothingHeld } from './census.js'
import type { Life, Post } from './life.js'
import { AGREE, Living, REST, WORK } from './living.js'
import { operations } from './operations.js'
import { Seat } from './seat.js'
import { missing, newShared, type Shared } from './shared.js'

export interface Plan {
  ms: number
  seed: number
  threads: number
  folder: string
  /** Rests that there must be at least, for what is judged by them. */
  rests: number
}
export interface Sample {
  at: number
  rss: number
  heap: number
  external: number
  buffers: number
}
/** What the process tells the one that has started it. */
export interface Told {
  sample?: Sample
  /** Taken at a rest, when no other thread is alive and this one has collected its garbage. */
  rest?: Sample
  sums?: Record<string, number>
  failure?: string
  base?: Standing
  end?: Standing
}
/** What an operating system knows of the process. */
export interface Standing {
  files: string[]
  rss: number
}

const plan = JSON.parse(process.argv[2]) as Plan
const SAMPLE_MS = 1_000
/** Between two rests: short runs have many too, for memory is judged by them. */
const REST_EVERY_MS = Math.min(20_000, Math.max(5_000, plan.ms / 30))
const ARRIVES_MS = 120_000
/** What was asked for by threads that have ended must be over by then. */
const ENDS_MS = 90_000
/** On a machine that is busy a short run goes on for so long at most, until its threads have met all that they must and rested often enough. */
const EXTRA_MS = 180_000

const tell = (told: Told): void => void process.send!(told)
const started = performance.now()
const elapsed = (): number => performance.now() - started
let failed = false

function fail(error: unknown): void {
  failed = true
  tell({ failure: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) })
}
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)

/** What is found dead gives back what it held a turn later. */
async function collect(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    ;(globalThis as { gc?: () => void }).gc!()
    await wait(5)
  }
}

/** A thread may have been ended in the middle of a dump, which is finished all the same, and has its file open until then. */
async function nothingGoesOn(): Promise<void> {
  const end = performance.now() + ENDS_MS
  while (longThreads() > 0) {
    if (performance.now() > end) throw new Error(`${longThreads()} threads of the package's own are still at work after ${ENDS_MS} ms`)
    await wait(2)
  }
}

async function standing(): Promise<Standing> {
  await nothingGoesOn()
  await collect()
  return { files: openFiles(), rss: process.memoryUsage.rss() }
}

function sample(): Sample {
  const { rss, heapUsed: heap, external, arrayBuffers: buffers } = process.memoryUsage()
  return { at: elapsed(), rss, heap, external, buffers }
}

/** The structures that live as long as the soak, all with what their threads expect. */
async function prepareAll(): Promise<void> {
  SharedMap.open(REGISTERS)
  prepare(SharedMap.open(COUNTERS))
  SharedMap.open(LIMITED, LIMITS)
  SnapshotMap.open<number, number>(LEDGER, LEDGER_OPTIONS).commitSync(opening())
  for (const { name, options } of maps) {
    const map = SnapshotMap.open<Key, unknown>(name, options(plan.folder))
    if (plan.rests > 0) await fillIds(map)
  }
  SnapshotMap.open(LOCKS)
  SharedCache.open(EVENTS, EVENT_OPTIONS)
  for (const { name, options } of [tinylfu, lru]) SharedCache.open(name, options)
}

class Arena {
  readonly #pause: Int32Array
  readonly #living: Living
  readonly #life: Life
  readonly #seats: Seat[]
  #lives = 0
  #rests = 0

  constructor(shared: Shared) {
    this.#pause = new Int32Array(shared.pause)
    const post = (seat: number): Post => ({ seat, id: this.#lives++, seed: plan.seed, folder: plan.folder, shared })
    this.#living = new Living(post(0))
    this.#life = this.#living.life
    this.#seats = Array.from({ length: plan.threads - 1 }, (_, i) => new Seat(() => post(i + 1), this.#life.tally, fail))
  }

  async run(): Promise<void> {
    const sampling = setInterval(() => this.#sample(), SAMPLE_MS)
    for (const seat of this.#seats) seat.bear()
    const own = this.#living.live().catch(fail)
    let nextRest = REST_EVERY_MS
    while (this.#goesOn()) {
      await wait(50 + this.#life.below(500))
      await this.#replaceOne()
      if (elapsed() > nextRest) {
        await this.#rest()
        nextRest = elapsed() + REST_EVERY_MS
      }
    }
    if (!failed) await this.#rest()
    clearInterval(sampling)
    this.#sample()
    this.#living.end()
    await Promise.all([own, ...this.#seats.map(seat => seat.end(failed ? 'terminate' : 'return'))])
  }

  #goesOn(): boolean {
    if (failed || elapsed() > plan.ms + EXTRA_MS) return false
    return elapsed() < plan.ms || this.#rests < plan.rests || missing(this.#life.tally.sums()).length > 0
  }

  async #replaceOne(): Promise<void> {
    const seat = this.#life.pick(this.#seats)
    await seat.end(this.#life.pick(['terminate', 'terminate', 'terminate', 'exit', 'return']))
    seat.bear()
  }

  /** All threads stop and are compared with each other and with the whole; then all but this one end, and others come. */
  async #rest(): Promise<void> {
    await this.#all(REST)
    if (failed) return
    await census(this.#life)
    await this.#all(AGREE)
    if (failed) return
    await Promise.all(this.#seats.map(seat => seat.end('return')))
    await collect()
    await nothingHeld(this.#life, collect)
    tell({ rest: sample() })
    this.#rests++
    for (const seat of this.#seats) seat.bear()
    this.#set(WORK)
  }

  /** Until all threads have come to the phase, and this one. */
  async #all(phase: number): Promise<void> {
    this.#set(phase)
    const end = performance.now() + ARRIVES_MS
    while (Atomics.load(this.#pause, 1) < plan.threads) {
      if (failed) return
      if (performance.now() > end) throw new Error(`only ${Atomics.load(this.#pause, 1)} of ${plan.threads} threads came to rest in ${ARRIVES_MS} ms`)
      await wait(2)
    }
  }

  #set(phase: number): void {
    Atomics.store(this.#pause, 1, 0)
    Atomics.store(this.#pause, 0, phase)
  }

  #sample(): void {
    tell({ sample: sample(), sums: this.#life.tally.sums() })
  }

  async finish(): Promise<void> {
    destroyAll(this.#life)
    tell({ sums: this.#life.tally.sums(), end: await standing() })
  }
}

const names = await operations('operations')
tell({ base: await standing() })
await prepareAll()
const arena = new Arena(newShared(plan.threads, names))
try {
  await arena.run()
  if (!failed) await arena.finish()
} catch (error) {
  fail(error)
}
process.disconnect()
process.exit(failed ? 1 : 0)
