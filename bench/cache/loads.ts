// One load per key: threads that miss the same key together, and threads that all ask for many keys, each in an order of its own.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { SharedCache } from 'shardmap'
import type { Bar } from '../bar.js'
import { shuffled } from '../data.js'
import { statOf } from '../stat.js'

interface AskerData {
  asker: number
  keys: number
  /** Look-ups that must have missed before a load ends. */
  misses: number
  /** [0]: raised to begin; [1]: loads that ran. */
  control: Int32Array
}

const NAME = 'loads'
/** Requests that a thread has on the way. */
const LANES = 64

async function askFrom(threads: number, keys: number, misses: number): Promise<{ loads: number; ms: number }> {
  const cache = SharedCache.open<number, number>(NAME, { max: 2 * Math.max(keys, 4) })
  const control = new Int32Array(new SharedArrayBuffer(8))
  const dataOf = (asker: number): AskerData => ({ asker, keys, misses, control })
  const askers = Array.from({ length: threads }, (_, asker) => new Worker(fileURLToPath(import.meta.url), { workerData: dataOf(asker) }))
  await Promise.all(askers.map((asker) => once(asker, 'message')))
  const ended = Promise.all(askers.map((asker) => once(asker, 'exit') as Promise<[number]>))
  const started = performance.now()
  Atomics.store(control, 0, 1)
  Atomics.notify(control, 0)
  const codes = (await ended).map(([code]) => code)
  const ms = performance.now() - started
  if (codes.some((code) => code !== 0)) throw new Error(`askers ended with ${codes.join()}`)
  const [loads, counted, stored] = [control[1]!, cache.stats().loads, cache.size]
  if (counted !== loads || stored !== keys) throw new Error(`${loads} loaders ran, stats() has ${counted}; ${stored} of ${keys} keys are stored`)
  SharedCache.destroy(NAME)
  return { loads, ms }
}

export async function oneLoadOfOneKey(): Promise<Bar> {
  const rounds = 25
  const loads: number[] = []
  for (let round = 0; round < rounds; round++) loads.push((await askFrom(8, 1, 8)).loads)
  return {
    id: 'cache-loads-one',
    title: 'cache: 8 threads miss the same key: loads',
    must: { at: '=', limit: 1 },
    value: statOf(loads),
    note: `no load ends before all 8 have missed; ${rounds} rounds`
  }
}

export async function oneLoadPerKey(): Promise<Bar> {
  const keys = 100_000
  const { loads, ms } = await askFrom(4, keys, 0)
  return {
    id: 'cache-loads-many',
    title: 'cache: 4 threads ask for 100,000 cold keys, each for all of them: loads',
    must: { at: '=', limit: keys },
    value: statOf([loads]),
    note: `each in an order of its own, ${LANES} on the way; ${Math.round((4 * keys) / (ms / 1000)).toLocaleString('en-US')} fetches/s`
  }
}

async function ask({ asker, keys, misses, control }: AskerData): Promise<void> {
  const cache = SharedCache.open<number, number>(NAME)
  const order = shuffled(Array.from({ length: keys }, (_, key) => key), asker + 1)
  const allMissed = () => misses === 0 || cache.stats().misses >= misses
  const load = async (key: number): Promise<number> => {
    Atomics.add(control, 1, 1)
    do await new Promise((resolve) => setImmediate(resolve))
    while (!allMissed())
    return key + 1
  }
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < order.length) {
      const key = order[next++]!
      const value = await cache.fetch(key, load)
      if (value !== key + 1) throw new Error(`${key} was answered with ${value}`)
    }
  }
  parentPort!.postMessage('ready')
  Atomics.wait(control, 0, 0)
  await Promise.all(Array.from({ length: LANES }, lane))
}

const data = workerData as AskerData | null
if (!isMainThread && data?.control) await ask(data)
