// Minutes at the bound: four threads write random sizes with ttl and tags, load with loaders that fail, hang and are aborted, listen,
// open and close handles. Resident memory must stay flat, and the bounds must hold whenever somebody looks. See ci/churn.sh.
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { SharedCache } from 'shardmap'
import { statOf } from '../stat.js'
import { flatnessOf, type Sample } from '../windows.js'
import { BOUNDS, NAME } from './churner.js'

const MIB = 2 ** 20
const THREADS = 4
/** Heaps that must collect soon have their size soon. */
const HEAP = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8 }
const SAMPLE_MS = 100
const LINE_MS = 10_000

const minutes = Number(process.argv[2] ?? 10)
if (!(minutes > 0)) throw new Error('churn takes a number of minutes')

const cache = SharedCache.open<string, unknown>(NAME, { ...BOUNDS, ttl: 5_000, ttlJitter: 0.2 })
const failures: string[] = []
const workers = Array.from({ length: THREADS }, (_, seed) => new Worker(fileURLToPath(new URL('churner.js', import.meta.url)), { workerData: { seed }, resourceLimits: HEAP }))
for (const worker of workers) worker.on('error', (error) => failures.push(String(error)))

const started = performance.now()
const samples: Sample[] = []
let nextLine = LINE_MS
let steps = 0

while (performance.now() - started < minutes * 60_000 && failures.length === 0) {
  await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))
  const at = performance.now() - started
  const stats = cache.stats()
  samples.push({ at, rss: process.memoryUsage.rss() })
  if (stats.entries > BOUNDS.max || stats.bytes > BOUNDS.maxBytes) failures.push(`beyond the bounds: ${stats.entries} entries, ${stats.bytes} bytes`)
  if (at >= nextLine) {
    console.log(lineOf(at, stats))
    nextLine += LINE_MS
  }
}

const counts = await Promise.all(workers.map((worker) => endOf(worker)))
for (const count of counts) steps += count
const last = cache.stats()
cache.clear()
const left = cache.stats()
if (left.entries !== 0 || left.bytes !== 0) failures.push(`${left.entries} entries and ${left.bytes} bytes are left after clear()`)
for (const [what, count] of Object.entries({ ...last.evictions, loads: last.loads, 'load errors': last.loadErrors }))
  if (count === 0) failures.push(`nothing happened: ${what} 0`)

const { windows, spread, flat } = flatnessOf(samples)
if (!flat) failures.push(`resident memory grew to ${spread.toFixed(3)} of what it was after the warm-up`)
console.log(`${Math.round(steps).toLocaleString('en-US')} steps; resident after the warm-up, by window: ${windows.map(({ median }) => (median / MIB).toFixed(1)).join(' ')} MiB; highest / first ${spread.toFixed(3)}`)
for (const failure of failures) console.error(failure)
console.log(failures.length === 0 ? 'flat, and within the bounds' : 'FAILED')
process.exit(failures.length === 0 ? 0 : 1)

function lineOf(at: number, { entries, bytes, hits, misses, loads, loadErrors, evictions }: ReturnType<typeof cache.stats>): string {
  const recent = samples.filter((sample) => sample.at > at - LINE_MS).map(({ rss }) => rss / MIB)
  const causes = Object.entries(evictions).map(([cause, count]) => `${cause} ${count.toLocaleString('en-US')}`)
  const head = `${(at / 1000).toFixed(0).padStart(4)} s  RSS ${statOf(recent).median.toFixed(1)} MiB  ${entries.toLocaleString('en-US')} entries  ${(bytes / MIB).toFixed(1)} MiB`
  return `${head}  hits ${((100 * hits) / (hits + misses)).toFixed(1)} %  loads ${loads.toLocaleString('en-US')}, ${loadErrors.toLocaleString('en-US')} failed  ${causes.join('  ')}`
}

/** The steps that a thread has made; it ends when it is told to. */
function endOf(worker: Worker): Promise<number> {
  return new Promise((resolve) => {
    let steps = 0
    worker.on('message', (count: number) => (steps = count))
    worker.on('exit', () => resolve(steps))
    worker.postMessage('end')
  })
}
