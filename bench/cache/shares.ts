// The same trace split over four threads: one cache for all of them, or one of a quarter of the size for each.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { LRUCache } from 'lru-cache'
import { SharedCache } from 'shardmap'
import type { Bar } from '../bar.js'
import { statOf } from '../stat.js'
import { TRACES, type TraceName, traceOf } from './traces.js'

export const WAYS = ['one SharedCache', '4 SharedCaches of a quarter', '4 lru-caches of a quarter'] as const
export type ShareWay = (typeof WAYS)[number]

/** Hits in a hundred accesses. */
export interface Share {
  trace: TraceName
  size: number
  ratios: Record<ShareWay, number>
}

interface RunnerData {
  runner: number
  trace: TraceName
  way: ShareWay
  size: number
  /** [0]: hits; [1 + runner]: steps done. */
  control: Int32Array
}

const THREADS = 4
const SIZE = 1_000
/** Accesses that a thread makes before it waits for the others to come as far: they go through the trace together. */
const STEP = 32

export async function shares(): Promise<{ bar: Bar; shares: Share[] }> {
  const all: Share[] = []
  for (const trace of TRACES) {
    const ratios = {} as Share['ratios']
    for (const way of WAYS) ratios[way] = await ratioOver(trace, way, SIZE)
    all.push({ trace, size: SIZE, ratios })
  }
  const [ours, others] = WAYS
  const mean = (of: (share: Share) => number) => all.reduce((sum, share) => sum + of(share), 0) / all.length
  return {
    shares: all,
    bar: {
      id: 'cache-shares',
      title: 'cache: hit ratio of one for 4 threads - of 4 private ones of a quarter, points, mean of the traces',
      must: { at: '>=', limit: 5 },
      value: statOf([mean(({ ratios }) => ratios[ours] - ratios[others])]),
      unit: 'points',
      note: `${SIZE.toLocaleString('en-US')} entries in all; ${WAYS.map((way) => `${way}: ${mean(({ ratios }) => ratios[way]).toFixed(1)} %`).join('; ')}`
    }
  }
}

async function ratioOver(trace: TraceName, way: ShareWay, size: number): Promise<number> {
  const control = new Int32Array(new SharedArrayBuffer(4 * (1 + THREADS)))
  const dataOf = (runner: number): RunnerData => ({ runner, trace, way, size, control })
  if (way === 'one SharedCache') SharedCache.open('shares', { max: size })
  const runners = Array.from({ length: THREADS }, (_, runner) => new Worker(fileURLToPath(import.meta.url), { workerData: dataOf(runner) }))
  const codes = await Promise.all(runners.map(async (runner) => ((await once(runner, 'exit')) as [number])[0]))
  if (codes.some((code) => code !== 0)) throw new Error(`a runner of ${trace} failed`)
  for (const name of SharedCache.names()) SharedCache.destroy(name)
  return (100 * control[0]!) / traceOf(trace).length
}

interface Cache {
  get(key: number): unknown
  set(key: number, value: number): unknown
}

function cacheOf({ runner, way, size }: RunnerData): Cache {
  if (way === 'one SharedCache') return SharedCache.open<number, number>('shares')
  if (way === '4 lru-caches of a quarter') return new LRUCache<number, number>({ max: size / THREADS })
  return SharedCache.open<number, number>(`shares.${runner}`, { max: size / THREADS })
}

/** Every fourth access is this thread's. */
function runThrough(data: RunnerData): number {
  const { runner, trace, control } = data
  const cache = cacheOf(data)
  const keys = traceOf(trace)
  let hits = 0
  for (let start = 0; start < keys.length; start += THREADS * STEP) {
    const end = Math.min(keys.length, start + THREADS * STEP)
    for (let i = start + runner; i < end; i += THREADS) {
      if (cache.get(keys[i]!) === undefined) cache.set(keys[i]!, 1)
      else hits++
    }
    meet(control, runner)
  }
  return hits
}

/** Waits until every other thread has done as many steps. */
function meet(control: Int32Array, runner: number): void {
  const mine = Atomics.add(control, 1 + runner, 1) + 1
  Atomics.notify(control, 1 + runner)
  for (let other = 0; other < THREADS; other++)
    for (let theirs = Atomics.load(control, 1 + other); theirs < mine; theirs = Atomics.load(control, 1 + other)) Atomics.wait(control, 1 + other, theirs)
}

const data = workerData as RunnerData | null
if (!isMainThread && data?.way) Atomics.add(data.control, 0, runThrough(data))
