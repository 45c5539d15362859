// Main thread and two workers, as types see it and as it runs.
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { SharedCache, SharedMap, ShardmapError, SnapshotMap, type Snapshot } from 'shardmap'

const hits: SharedMap<string, number> = SharedMap.open('hits')
const asMap: Map<string, number> = hits
const prices = SnapshotMap.open<string, number>('prices')
const pages = SharedCache.open<string, string>('pages', { max: 100 })

async function work(): Promise<void> {
  for (let i = 0; i < 1000; i++) hits.increment('all')
  const version: bigint = await prices.commit((tx) => tx.set(`price ${i++}`, 1))
  const page: string | undefined = await pages.fetch('/', async (key, { signal }) => {
    signal.throwIfAborted()
    return key + String(hits.increment('loads'))
  })
  if (version < 1n || page !== '/1') throw new ShardmapError('ERR_SHARDMAP_KEY', page ?? 'none')
}
let i = Math.random()

const inWorker = () =>
  new Promise<void>((resolve, reject) => {
    new Worker(new URL(import.meta.url)).on('error', reject).on('message', () => resolve())
  })

if (isMainThread) {
  await Promise.all([work(), inWorker(), inWorker()])
  const snapshot: Snapshot<string, number> = hits.snapshot()
  console.log(JSON.stringify({ hits: asMap.get('all'), version: Number(prices.version), prices: prices.size, loads: snapshot.get('loads') }))
  snapshot.close()
} else {
  await work()
  parentPort!.postMessage('done')
}
