// What is slow and fails: a process that answers each request after 150 ms, every seventh with 503, and counts who asked for what.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { forecastOf, isRoute, type Route, ROUTES } from './forecast.js'

/** Sent when it serves; when a request is left waiting; and when it was asked for its counts. */
export type UpstreamNews = { port: number } | 'holding' | UpstreamReport
export interface UpstreamReport {
  counts: Record<Route, RouteCount>
}
export interface RouteCount {
  calls: number
  failed: number
  /** Cities asked for. */
  keys: number
  /** Calls for a city while an answer about it was fresh, or another call for it was on the way. */
  needless: number
}

interface Asked {
  answers: number
  onTheWay: number
  freshUntil: number
}

const LATENCY_MS = 150
const FAILS_EVERY = 7
/** The cache's clock counts whole milliseconds. */
const ROUNDING_MS = 2

const counts = {} as Record<Route, RouteCount>
for (const route of Object.keys(ROUTES)) counts[route as Route] = { calls: 0, failed: 0, keys: 0, needless: 0 }
const asked = new Map<string, Asked>()

function answer(route: Route, city: number, response: ServerResponse): void {
  const count = counts[route]
  const key = `${route}/${city}`
  let one = asked.get(key)
  if (one === undefined) {
    asked.set(key, (one = { answers: 0, onTheWay: 0, freshUntil: 0 }))
    count.keys++
  }
  const call = ++count.calls
  if (route === 'held' && call === 1) {
    process.send?.('holding' satisfies UpstreamNews)
    return
  }
  if (one.onTheWay > 0 || performance.now() < one.freshUntil) count.needless++
  one.onTheWay++
  setTimeout(() => {
    one.onTheWay--
    if (route !== 'held' && call % FAILS_EVERY === 0) {
      count.failed++
      response.writeHead(503).end()
      return
    }
    // It is in the cache at some later time, and fresh from then on.
    one.freshUntil = performance.now() + ROUTES[route].ttl - ROUNDING_MS
    response.end(JSON.stringify(forecastOf(city, ++one.answers)))
  }, LATENCY_MS)
}

const server = createServer((request, response) => {
  const [, route = '', city = ''] = (request.url ?? '').split('/')
  if (isRoute(route)) answer(route, Number(city), response)
  else response.writeHead(404).end()
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port } satisfies UpstreamNews))
process.on('message', () => process.send?.({ counts } satisfies UpstreamNews))
// Whoever started it has gone.
process.on('disconnect', () => process.exit())
