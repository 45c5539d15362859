// A worker thread that replaces the whole table again and again, until it is told to stop.
import { parentPort } from 'node:worker_threads'
import { openFares, tableOf } from './fare.js'

const PAUSE_MS = 20
const fares = openFares()
const times: number[] = []
const stop = new AbortController()

parentPort!.once('message', () => stop.abort())
// Each table is one version, and has its number.
for (let generation = Number(fares.version) + 1; !stop.signal.aborted; generation++) {
  const started = performance.now()
  const version = await fares.replaceAll(tableOf(generation))
  times.push(performance.now() - started)
  if (Number(version) !== generation) throw new Error(`table ${generation} became version ${version}`)
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
}
parentPort!.postMessage(times)
