// npm run demo            load, serve, drive, measure; switch tables of fares, kill, start again; ask a slow upstream once per key; print, exit
// npm run demo -- --serve [--port=3000]   stay up
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { runChild } from './child.js'
import type { Report } from './client.js'
import { runFares } from './fares/run.js'
import { runForecasts } from './forecasts/run.js'
import { listenTogether } from './front.js'
import type { ServeNews, ServeOrder } from './http.js'
import type { Progress } from './load.js'
import type { Way } from './memory.js'
import type { ServeData } from './serve.js'
import { count, mib, ms, percent, table } from './table.js'
import { openCities, openIndex } from './tables.js'
import { quantile, Visibility } from './visibility.js'
import type { WriteData } from './write.js'

const WORKERS = 4
const SECONDS = 8
const staysUp = process.argv.includes('--serve')
const wantedPort = Number(process.argv.find((arg) => arg.startsWith('--port='))?.slice(7) ?? (staysUp ? 3000 : 0))
const file = (name: string) => new URL(name, import.meta.url)

async function load(): Promise<void> {
  const started = performance.now()
  const loader = new Worker(file('load.js'))
  let shown = -1
  loader.on('message', ({ done, of }: Progress) => {
    const tenth = Math.floor((10 * done) / of)
    if (tenth > shown) console.log(`loading  ${String(tenth * 10).padStart(3)} %   ${count(done)} of ${count(of)} cities`)
    shown = tenth
  })
  const [code] = await once(loader, 'exit')
  if (code !== 0) throw new Error('loading failed')
  console.log(`loaded   ${count(openCities().size)} cities, ${count(openIndex().size)} index rows in ${ms(performance.now() - started)}`)
}

async function report(worker: Worker): Promise<number> {
  worker.postMessage('report' satisfies ServeOrder)
  const [news] = (await once(worker, 'message')) as [ServeNews]
  return 'served' in news ? news.served : 0
}

await load()
const visibility = new Visibility(WORKERS)
const shared = { readers: WORKERS, visibility: visibility.buffer }
const workers = Array.from(
  { length: WORKERS },
  (_, reader) => new Worker(file('serve.js'), { workerData: { reader, ...shared } satisfies ServeData })
)
const port = await listenTogether(workers, wantedPort)
const writer = new Worker(file('write.js'), { workerData: shared satisfies WriteData })
await once(writer, 'message')
console.log(`serving  http://127.0.0.1:${port}/city/1  /country/FR  /prefix/par  /stats   (${WORKERS} workers, one writer)`)
if (!staysUp) await driveAndReport()

async function driveAndReport(): Promise<void> {
  const cities = openCities()
  console.log(`driving  autocannon, ${SECONDS} seconds, every answer verified`)
  const client = await runChild<Report>('client.js', [`http://127.0.0.1:${port}`, String(SECONDS)])
  writer.postMessage('stop')
  const [writes] = (await once(writer, 'message')) as [number]
  const served = await Promise.all(workers.map(report))
  const delays = visibility.delays()
  const stats = [cities.stats(), openIndex().stats()]
  const sum = (field: 'gets' | 'nearHits' | 'bytes') => stats.reduce((total, one) => total + one[field], 0)

  const resident = { idle: 0, shared: 0, copies: 0 } satisfies Record<Way, number>
  for (const [way, what] of [['idle', 'four idle workers'], ['shared', 'the shared map'], ['copies', 'a Map per worker']] as const) {
    console.log(`memory   measuring ${what}`)
    resident[way] = await runChild<number>('memory.js', [way], ['--expose-gc'])
  }
  const data = { shared: resident.shared - resident.idle, copies: resident.copies - resident.idle }
  const fares = await runFares()
  const forecasts = await runForecasts()
  const failed = client.wrong + client.backwards + client.errors + visibility.missed + fares.failed + forecasts.failed

  console.log(
    table(`${count(cities.size)} cities, ${WORKERS} worker threads behind one port`, [
      ['resident memory, shared map + 4 workers', mib(resident.shared)],
      ['resident memory, a Map per worker x 4', mib(resident.copies)],
      ['  of which the process without any data', mib(resident.idle)],
      ['  data: shared / copied', `${mib(data.shared)} / ${mib(data.copies)} = ${percent(data.shared, data.copies)}`],
      ['requests per second', count(client.requestsPerSecond)],
      ['latency p50 / p99', `${ms(client.p50)} / ${ms(client.p99)}`],
      ['requests by worker', served.map(count).join(' + ')],
      ['near-cache hit ratio', percent(sum('nearHits'), sum('gets'))],
      ['populations changed', count(writes)],
      ['a write seen by every worker, p50 / p99', `${ms(quantile(delays, 0.5))} / ${ms(quantile(delays, 0.99))}`],
      ['reads that missed a finished write', count(visibility.missed)],
      ['answers / records verified', `${count(client.answers)} / ${count(client.records)}`],
      ['wrong or torn answers', count(client.wrong)],
      ['revisions that went back', count(client.backwards)],
      ['errors, time-outs, not 2xx', count(client.errors)]
    ])
  )
  console.log(table('Fares in versions, 4 worker threads behind one port', fares.rows))
  console.log(table('Forecasts of a slow upstream in a cache, 4 worker threads behind one port', forecasts.rows))
  for (const wrong of [client.firstWrong, fares.firstWrong, forecasts.firstWrong]) if (wrong) console.error(`first wrong answer: ${wrong}`)
  if (failed > 0 || client.answers === 0 || delays.length === 0) {
    console.error('The demo failed: see the counts above.')
    process.exit(1)
  }
  process.exit(0)
}
