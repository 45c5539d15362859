// A worker thread that answers HTTP requests from the shared tables.
import { workerData } from 'node:worker_threads'
import { listOf } from './city.js'
import { type Answer, serve } from './http.js'
import { openCities, openClock, openIndex } from './tables.js'
import { Visibility } from './visibility.js'

export interface ServeData {
  reader: number
  readers: number
  visibility: SharedArrayBuffer
}

const PAGE = 20
const { reader, readers, visibility } = workerData as ServeData
const seen = new Visibility(readers, visibility)
const cities = openCities()
const index = openIndex()
const clock = openClock()
let last = 0

const look = () => (last = seen.look(reader, last, () => clock.get('now') ?? 0))

function answer(route: string, term: string): Answer {
  look()
  if (route === 'city') {
    const city = cities.get(Number(term))
    return city ? { status: 200, body: city } : { status: 404, body: { error: 'no such city' } }
  }
  if (route === 'country' || route === 'prefix') {
    const ids = index.get([route, term]) ?? []
    const page = cities.getMany(ids.slice(0, PAGE)).filter((city) => city !== undefined)
    return { status: 200, body: listOf(page, ids.length) }
  }
  if (route === 'stats') return { status: 200, body: { cities: cities.stats(), index: index.stats() } }
  return { status: 404, body: { error: 'try /city/1, /country/FR, /prefix/par or /stats' } }
}

serve(answer, () => {
  cities.stats() // hands this thread's near-cache hits to the common count
  index.stats()
})

// Besides each request, an idle server looks once a millisecond.
setInterval(look, 1).unref()
