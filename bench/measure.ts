// Rounds of benchmark.js in alternating order: what disturbs one subject disturbs its neighbour in the same round.
import Benchmark from 'benchmark'
import { type Stat, statOf } from './stat.js'

/** `run` does `ops` operations. `before` and `after` are outside the measured time. */
export interface Subject {
  name: string
  ops: number
  run: () => unknown
  before?: () => void
  after?: () => void
  /** Samples of a round, where each is long. */
  samples?: number
}

/** Nanoseconds per operation, one figure per round. */
export interface Timing extends Stat {
  name: string
  rounds: number[]
}

const SETTINGS = { minSamples: 6, minTime: 0.005, maxTime: 0.12 }

export async function measure(subjects: readonly Subject[], rounds = 9): Promise<Timing[]> {
  const results = subjects.map((): number[] => [])
  for (let round = -1; round < rounds; round++) {
    const order = subjects.map((_, i) => i)
    if (round % 2 !== 0) order.reverse()
    for (const i of order) {
      const subject = subjects[i]!
      subject.before?.()
      const ns = await time(subject)
      subject.after?.()
      if (round >= 0) results[i]!.push(ns) // the first round only warms up
    }
  }
  return subjects.map(({ name }, i) => ({ name, rounds: results[i]!, ...statOf(results[i]!) }))
}

async function time({ name, ops, run, samples }: Subject): Promise<number> {
  const asks = run() instanceof Promise
  const fn = asks ? (deferred: { resolve(): void }) => void (run() as Promise<unknown>).then(() => deferred.resolve()) : run
  const bench = new Benchmark(name, fn, { ...SETTINGS, minSamples: samples ?? SETTINGS.minSamples, defer: asks, async: asks })
  await new Promise<void>((resolve) => {
    bench.on('complete', () => resolve())
    bench.run()
  })
  if (bench.error) throw new Error(`${name}: ${String(bench.error)}`)
  return (statOf(bench.stats.sample).median * 1e9) / ops
}
