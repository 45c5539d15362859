// 100 MB of small records, charged, that four workers write and read: in one cache for all, or in an lru-cache of each worker. One process
// per way; what the reading alone costs (records decoded, none kept) is taken off. Resident memory after a full collection in each thread.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { LRUCache } from 'lru-cache'
import { pack, unpack } from 'msgpackr'
import { SharedCache } from 'shardmap'
import type { Bar } from '../bar.js'
import { inChild } from '../child.js'
import { keyAt, record } from '../data.js'
import { type Stat, statOf } from '../stat.js'

type Way = 'shared' | 'private' | 'churn'
interface Resident {
  rss: number
  charged: number
  entries: number
}

export interface CacheMemory {
  bars: Bar[]
  /** Growth in MiB, and what the shared cache charges. */
  mib: { shared: number; private: number; charged: number }
}

const NAME = 'memory'
const MAX_BYTES = 100e6
/** More than there is room for, so that the bound is what holds. */
const RECORDS = 1_000_000
const WORKERS = 4
const ROUNDS = 3
const gc = (globalThis as { gc?: () => void }).gc

export async function measureCacheMemory(): Promise<CacheMemory> {
  const growth = { shared: [] as number[], private: [] as number[] }
  const charges: number[] = []
  let entries = 0
  for (let round = 0; round < ROUNDS; round++) {
    const shared = await run('shared', RECORDS)
    entries = shared.entries
    const [own, churn] = [await run('private', entries), await run('churn', entries)]
    growth.shared.push(shared.rss - churn.rss)
    growth.private.push(own.rss - churn.rss)
    charges.push(shared.charged)
  }
  const mib = (values: readonly number[]) => statOf(values).median / 2 ** 20
  const times = (values: readonly number[]): Stat => statOf(values.map((bytes, round) => bytes / charges[round]!))
  return {
    mib: { shared: mib(growth.shared), private: mib(growth.private), charged: mib(charges) },
    bars: [
      {
        id: 'cache-memory',
        title: 'cache: growth of resident memory / charged bytes, 100 MB in 4 workers',
        must: { at: '<=', limit: 1.3 },
        value: times(growth.shared),
        note: `${entries.toLocaleString('en-US')} small records, near default; an lru-cache with the same records in each worker: ${times(growth.private).median.toPrecision(3)}; ${ROUNDS} rounds`
      }
    ]
  }
}

function run(way: Way, records: number): Promise<Resident> {
  return inChild<Resident>('cache/memory.js', 'resident', { way, records }, ['--expose-gc'])
}

export async function resident({ way, records }: { way: Way; records: number }): Promise<Resident> {
  const cache = way === 'shared' ? SharedCache.open<string, unknown>(NAME, { maxBytes: MAX_BYTES }) : undefined
  for (let worker = 0; worker < WORKERS; worker++) await once(new Worker(fileURLToPath(import.meta.url), { workerData: { way, records } }), 'message')
  gc?.()
  let rss = Infinity
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    rss = Math.min(rss, process.memoryUsage.rss())
  }
  return { rss, charged: cache?.stats().bytes ?? 0, entries: cache?.size ?? 0 }
}

/** Asks for every record and writes what is not there; what it returns stays reachable. */
function readAll(way: Way, records: number): unknown {
  const cache =
    way === 'shared'
      ? SharedCache.open<string, unknown>(NAME)
      : new LRUCache<string, {}>({ max: way === 'private' ? records : 1 })
  for (let i = 0; i < records; i++) {
    const key = keyAt(i)
    if (cache.get(key) === undefined) cache.set(key, unpack(pack(record(i))) as {})
  }
  return cache
}

const role = workerData as { way?: Way; records: number } | null
if (!isMainThread && role?.way) {
  const held = readAll(role.way, role.records)
  gc?.()
  gc?.()
  parentPort!.on('message', () => held)
  parentPort!.postMessage('ready')
}
