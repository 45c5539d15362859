// The process that serves fares from a file: four workers behind one port, and one that switches tables when the arguments say so.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { listenTogether } from '../front.js'
import { openFares, tableOf } from './fare.js'

/** Sent when it serves, and when its switching has come to an end. */
export interface Serving {
  port: number
  version: number
  openedIn: number
}
export interface Switched {
  /** Milliseconds of each switch, from the call until it was on disk and visible. */
  switches: number[]
}

const WORKERS = 4
const file = (name: string) => new URL(name, import.meta.url)
const [path = '', switches = ''] = process.argv.slice(2)

const started = performance.now()
const fares = openFares(path)
const openedIn = performance.now() - started
if (fares.version === 0n) await fares.replaceAll(tableOf(1))
const workers = Array.from({ length: WORKERS }, () => new Worker(file('serve.js')))
const port = await listenTogether(workers, 0)
process.send?.({ port, version: Number(fares.version), openedIn } satisfies Serving)
// Whoever started it has gone.
process.on('disconnect', () => process.exit())

if (switches === 'switch') {
  const switcher = new Worker(file('switch.js'))
  process.once('message', async () => {
    switcher.postMessage('stop')
    const [times] = (await once(switcher, 'message')) as [number[]]
    process.send?.({ switches: times } satisfies Switched)
  })
}
