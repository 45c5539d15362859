// The third part of the demo: a slow upstream that fails now and then, behind one cache that four workers share.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SharedCache } from 'shardmap'
import { messageFrom, runChild } from '../child.js'
import { count, ms, type Row } from '../table.js'
import type { ForecastsReport } from './client.js'
import type { Route } from './forecast.js'
import type { ForecastsOrder } from './service.js'
import type { UpstreamReport } from './upstream.js'

const SECONDS = 3
const STEADY_CITIES = 300
const BRIEF_CITIES = 40
/** Clients that wait for the forecast whose loading thread is killed. */
const WAITING = 24
const DEADLINE_MS = 30_000

type Stats = ReturnType<SharedCache['stats']>

const start = (file: string, ...args: string[]): ChildProcess => fork(fileURLToPath(new URL(file, import.meta.url)), args)
const drive = (url: string, route: Route, cities: number) =>
  runChild<ForecastsReport>('forecasts/client.js', [url, route, String(cities), String(SECONDS)])

/** Everything that will be asked for is in the cache once; the upstream fails every seventh call. */
async function warmUp(url: string): Promise<void> {
  const one = async (city: number): Promise<void> => {
    while (!(await fetch(`${url}/brief/${city}`)).ok);
  }
  await Promise.all(Array.from({ length: BRIEF_CITIES }, (_, i) => one(i + 1)))
}

/** A thread is killed in the middle of a load that clients of the others wait for; the statuses that they get. */
async function killLoader(url: string, service: ChildProcess, upstream: ChildProcess): Promise<number[]> {
  const statsOf = async () => (await (await fetch(`${url}/stats`)).json()) as Stats
  const tell = (order: ForecastsOrder) => service.send(order)
  const holding = messageFrom<'holding'>(upstream)
  tell('load')
  await holding
  const before = (await statsOf()).misses
  const deadline = AbortSignal.timeout(DEADLINE_MS)
  const clients = Array.from({ length: WAITING }, () => fetch(`${url}/held/1`, { signal: deadline }).then(({ status }) => status, () => 0))
  while (!deadline.aborted && (await statsOf()).misses < before + WAITING) await new Promise((resolve) => setTimeout(resolve, 5))
  const killed = messageFrom<'killed'>(service)
  tell('kill')
  await killed
  return Promise.all(clients)
}

export interface ForecastsResult {
  rows: Row[]
  failed: number
  firstWrong?: string
}

export async function runForecasts(): Promise<ForecastsResult> {
  const upstream = start('upstream.js')
  const source = await messageFrom<{ port: number }>(upstream)
  const service = start('service.js', String(source.port))
  const { port } = await messageFrom<{ port: number }>(service)
  const url = `http://127.0.0.1:${port}`
  console.log(`forecasts  from an upstream that takes 150 ms and fails every seventh time, ${SECONDS} seconds`)
  const steady = await drive(url, 'steady', STEADY_CITIES)
  await warmUp(url)
  console.log(`forecasts  that are fresh for 400 ms, ${SECONDS} seconds`)
  const brief = await drive(url, 'brief', BRIEF_CITIES)
  console.log(`forecasts  a worker is killed while ${WAITING} clients wait for what it loads`)
  const statuses = await killLoader(url, service, upstream)
  const reported = messageFrom<UpstreamReport>(upstream)
  upstream.send('report')
  const { counts } = await reported
  service.disconnect()
  upstream.disconnect()

  const answered = statuses.filter((status) => status === 200).length
  const rows: Row[] = [
    ['requests answered', count(steady.answers)],
    ['cities asked for', count(counts.steady.keys)],
    ['calls of the upstream, of which failed', `${count(counts.steady.calls)}, ${count(counts.steady.failed)}`],
    ['callers that were told of a failed call', count(steady.told)],
    ['calls for a city while its forecast was fresh or on its way', count(counts.steady.needless)],
    ['requests answered with forecasts that expire after 400 ms', count(brief.answers)],
    ['calls of the upstream for them, of which failed', `${count(counts.brief.calls)}, ${count(counts.brief.failed)}`],
    ['calls while fresh or on its way', count(counts.brief.needless)],
    ['latency p50 / p99 / longest, the upstream taking 150 ms', [brief.p50, brief.p99, brief.max].map(ms).join(' / ')],
    ['requests that saw a failure although there was an old forecast', count(brief.told)],
    ['clients waiting when the loading worker was killed', count(WAITING)],
    ['of which answered, with one more call of the upstream', `${count(answered)}, ${counts.held.calls === 2 ? 'yes' : 'NO'}`],
    ['wrong answers', count(steady.wrong + brief.wrong)],
    ['errors, time-outs', count(steady.errors + brief.errors)]
  ]
  const lost = WAITING - answered + Math.abs(counts.held.calls - 2)
  const idle = steady.answers === 0 || brief.answers === 0 || counts.brief.calls <= BRIEF_CITIES ? 1 : 0
  const needless = counts.steady.needless + counts.brief.needless + counts.held.needless
  const failed = steady.wrong + brief.wrong + steady.errors + brief.errors + brief.told + needless + lost + idle
  const firstWrong = steady.firstWrong ?? brief.firstWrong
  return { rows, failed, ...(firstWrong === undefined ? {} : { firstWrong }) }
}
