// The process in front of the upstream: four workers behind one port and one cache; a fifth that is killed in the middle of a load.
import { Worker } from 'node:worker_threads'
import { listenTogether } from '../front.js'
import { openForecasts } from './forecast.js'
import type { ForecastsData } from './serve.js'

/** 'load': another thread asks for the held forecast. 'kill': it is ended. */
export type ForecastsOrder = 'load' | 'kill'
/** Sent when it serves, and when the thread is gone. */
export type ForecastsNews = { port: number } | 'killed'

const WORKERS = 4
const file = (name: string) => new URL(name, import.meta.url)
const workerData: ForecastsData = { upstream: Number(process.argv[2]) }

// Held here too: it lives as long as the process.
openForecasts()
const workers = Array.from({ length: WORKERS }, () => new Worker(file('serve.js'), { workerData }))
const port = await listenTogether(workers, 0)
let victim: Worker | undefined
process.on('message', async (order: ForecastsOrder) => {
  if (order === 'load') {
    victim = new Worker(file('victim.js'), { workerData })
    return
  }
  await victim?.terminate()
  process.send?.('killed' satisfies ForecastsNews)
})
process.on('disconnect', () => process.exit())
process.send?.({ port } satisfies ForecastsNews)
