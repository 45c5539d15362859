// One million small records, read by four workers: kept once and shared, kept by each, or decoded and dropped by each (what the reading
// alone costs). One process per way; resident memory after a full collection in each thread.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { pack, unpack } from 'msgpackr'
import { SharedMap } from 'shardmap'
import type { Bar } from './bar.js'
import { inChild } from './child.js'
import { keyAt, record } from './data.js'
import { statOf } from './stat.js'

type Way = 'shared' | 'copies' | 'churn'
interface Resident {
  rss: number
  bytesPerRecord: number
}

const RECORDS = 1_000_000
const WORKERS = 4
const ROUNDS = 3
const gc = (globalThis as { gc?: () => void }).gc

export async function measureMemory(): Promise<{ bars: Bar[]; mib: Record<Way, number> }> {
  const results: Record<Way, Resident[]> = { shared: [], copies: [], churn: [] }
  for (let round = 0; round < ROUNDS; round++)
    for (const way of ['shared', 'copies', 'churn'] as const) results[way].push(await inChild<Resident>('memory.js', 'resident', way, ['--expose-gc']))
  const rss = (way: Way, round: number) => results[way][round]!.rss
  const ratios = results.shared.map((_, i) => (rss('shared', i) - rss('churn', i)) / (rss('copies', i) - rss('churn', i)))
  const mib = (way: Way) => statOf(results[way].map((one) => one.rss / 2 ** 20)).median
  const note = `shared ${mib('shared').toFixed(0)} MiB, copies ${mib('copies').toFixed(0)} MiB, churn ${mib('churn').toFixed(0)} MiB resident; ${ROUNDS} rounds`
  return {
    mib: { shared: mib('shared'), copies: mib('copies'), churn: mib('churn') },
    bars: [
      {
        id: 'memory',
        title: 'memory, 1M small records in 4 workers: (shared - churn) / (copies - churn)',
        must: { at: '<=', limit: 0.3 },
        value: statOf(ratios),
        note
      },
      {
        id: 'bytes-per-record',
        title: '`stats().bytes` a record',
        must: { at: '<=', limit: 160 },
        value: statOf(results.shared.map((one) => one.bytesPerRecord)),
        unit: 'bytes'
      }
    ]
  }
}

export async function resident(way: Way): Promise<Resident> {
  const map = way === 'shared' ? SharedMap.open<string, unknown>('records', { expectedEntries: RECORDS }) : undefined
  if (map) for (let i = 0; i < RECORDS; i++) map.set(keyAt(i), record(i))
  for (let i = 0; i < WORKERS; i++) await once(new Worker(fileURLToPath(import.meta.url), { workerData: { way } }), 'message')
  gc?.()
  let rss = Infinity
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    rss = Math.min(rss, process.memoryUsage.rss())
  }
  return { rss, bytesPerRecord: map ? map.stats().bytes / RECORDS : 0 }
}

/** Reads every record once, from the shared map or from bytes of its own; what it returns stays reachable. */
function readAll(way: Way): unknown {
  if (way === 'shared') {
    const map = SharedMap.open<string, ReturnType<typeof record>>('records')
    let sum = 0
    for (let i = 0; i < RECORDS; i++) sum += map.get(keyAt(i))!.score
    return [map, sum]
  }
  const kept = new Map<string, unknown>()
  let sum = 0
  for (let i = 0; i < RECORDS; i++) {
    const value = unpack(pack(record(i))) as ReturnType<typeof record>
    const key = keyAt(i)
    sum += value.score + key.length
    if (way === 'copies') kept.set(key, value)
  }
  return [kept, sum]
}

const role = workerData as { way?: Way } | null
if (!isMainThread && role?.way) {
  const held = readAll(role.way)
  gc?.()
  gc?.()
  parentPort!.on('message', () => held)
  parentPort!.postMessage('ready')
}
