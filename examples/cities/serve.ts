// A worker thread that answers HTTP requests from the shared tables.
import { createServer, type ServerResponse } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'
import { listOf } from './city.js'
import { openCities, openClock, openIndex } from './tables.js'
import { Visibility } from './visibility.js'

export interface ServeData {
  reader: number
  readers: number
  visibility: SharedArrayBuffer
}
/** Sent to this thread: where to listen, or a wish for the report. */
export type ServeOrder = { listen: { port: number } | { fd: number } } | 'report'
/** Sent by this thread. */
export type ServeNews = { listening: { port: number; fd: number } } | { served: number }

const PAGE = 20
const { reader, readers, visibility } = workerData as ServeData
const port = parentPort!
const seen = new Visibility(readers, visibility)
const cities = openCities()
const index = openIndex()
const clock = openClock()
let served = 0
let last = 0

const look = () => (last = seen.look(reader, last, () => clock.get('now') ?? 0))

const server = createServer((request, response) => {
  served++
  look()
  const [, route = '', term = ''] = (request.url ?? '').split('/')
  try {
    answer(response, route, decodeURIComponent(term))
  } catch (error) {
    json(response, 400, { error: String(error) })
  }
})
server.keepAliveTimeout = 60_000

function answer(response: ServerResponse, route: string, term: string): void {
  if (route === 'city') {
    const city = cities.get(Number(term))
    json(response, city ? 200 : 404, city ?? { error: 'no such city' })
  } else if (route === 'country' || route === 'prefix') {
    const ids = index.get([route, term]) ?? []
    const page = cities.getMany(ids.slice(0, PAGE)).filter((city) => city !== undefined)
    json(response, 200, listOf(page, ids.length))
  } else if (route === 'stats') {
    json(response, 200, { cities: cities.stats(), index: index.stats() })
  } else {
    json(response, 404, { error: 'try /city/1, /country/FR, /prefix/par or /stats' })
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

port.on('message', (order: ServeOrder) => {
  if (order === 'report') {
    cities.stats() // hands this thread's near-cache hits to the common count
    index.stats()
    port.postMessage({ served } satisfies ServeNews)
    return
  }
  server.listen(order.listen, () => {
    const address = server.address()
    const handle = (server as unknown as { _handle?: { fd?: number } })._handle
    const listening = { port: typeof address === 'object' && address ? address.port : 0, fd: handle?.fd ?? -1 }
    port.postMessage({ listening } satisfies ServeNews)
  })
})

// Besides each request, an idle server looks once a millisecond.
setInterval(look, 1).unref()
