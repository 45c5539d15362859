// The load generator of the fares: a process of its own that verifies every answer.
import autocannon from 'autocannon'
import { fareAt, FARES, type Quote } from './fare.js'

export interface FaresReport {
  requestsPerSecond: number
  p99: number
  answers: number
  /** Versions that were in answers. */
  versions: number
  /** Snapshots that held two tables at once. */
  mixed: number
  /** Reads one after the other, or answers one after the other, that went back to an older table. */
  backwards: number
  /** What is none of the fares asked for. */
  wrong: number
  errors: number
  firstWrong?: string
}

interface Asked {
  route: 'quote' | 'latest'
  ids: number[]
  /** The highest generation in any answer before this was asked. */
  after: number
}

const KEYS = 8
const [url = '', seconds = '3'] = process.argv.slice(2)
const seen = new Set<number>()
const verdict = { answers: 0, mixed: 0, backwards: 0, wrong: 0 }
let firstWrong: string | undefined
let newest = 0

function check({ route, ids, after }: Asked, status: number, body: string): void {
  verdict.answers++
  try {
    const { version, fares } = JSON.parse(body) as Quote
    const right = status === 200 && fares.length === ids.length && fares.every((fare, i) => fare && isFare(ids[i]!, fare))
    if (!right) return note('wrong', body)
    const generations = fares.map((fare) => fare!.generation)
    // Each table is one version, and has its number.
    if (route === 'quote' && generations.some((generation) => generation !== version)) note('mixed', body)
    if (generations.some((generation, i) => generation < Math.max(after, version, generations[i - 1] ?? 0))) note('backwards', body)
    newest = Math.max(newest, ...generations)
    if (route === 'quote') seen.add(version)
  } catch {
    note('wrong', body)
  }
}

function isFare(id: number, { generation, cents, checksum }: { generation: number; cents: number; checksum: number }): boolean {
  const fare = fareAt(id, generation)
  return fare.cents === cents && fare.checksum === checksum
}

function note(what: 'mixed' | 'backwards' | 'wrong', body: string): void {
  verdict[what]++
  firstWrong ??= `${what}: ${body.slice(0, 300)}`
}

const request: autocannon.Request = {
  setupRequest(template, context) {
    const ids = Array.from({ length: KEYS }, () => 1 + Math.floor(Math.random() * FARES))
    const route = Math.random() < 0.5 ? 'quote' : 'latest'
    ;(context as { asked?: Asked }).asked = { route, ids, after: newest }
    return { ...template, path: `/${route}/${ids.join(',')}` }
  },
  onResponse(status, body, context) {
    check((context as { asked: Asked }).asked, status, body)
  }
}

const result = await autocannon({ url, duration: Number(seconds), connections: 16, requests: [request] })
const report: FaresReport = {
  ...verdict,
  ...(firstWrong === undefined ? {} : { firstWrong }),
  versions: seen.size,
  requestsPerSecond: result.requests.average,
  p99: result.latency.p99,
  errors: result.errors + result.timeouts + result.non2xx
}
process.send?.(report)
