// A worker thread that writes 200-byte strings to random keys of the map it is pointed at; to a SnapshotMap each as a commit of its own.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { SharedMap, SnapshotMap } from 'shardmap'
import { keysOf, randomFrom, valueOf } from './data.js'

export type Kind = 'shared' | 'versions'

interface WriterData {
  kind: Kind
  maps: string[]
  keys: number
  /** Writes a second; 0: as many as it can. */
  rate: number
  control: Int32Array
}

const IDLE = -1

export interface Writer {
  /** Points the writer at maps[i], or at none. */
  aim(i: number): void
  writes(): number
}

export async function startWriter(maps: string[], keys: number, rate: number, kind: Kind = 'shared'): Promise<Writer> {
  const control = new Int32Array(new SharedArrayBuffer(8))
  control[0] = IDLE
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { kind, maps, keys, rate, control } satisfies WriterData })
  await once(worker, 'message')
  return {
    aim(i) {
      Atomics.store(control, 0, i)
      Atomics.notify(control, 0)
    },
    writes: () => Atomics.load(control, 1)
  }
}

export const NONE = IDLE

function writerOf(kind: Kind, name: string): (key: string, value: string) => unknown {
  if (kind === 'shared') {
    const map = SharedMap.open<string, string>(name, { near: 0 })
    return (key, value) => map.set(key, value)
  }
  const map = SnapshotMap.open<string, string>(name, { near: 0 })
  return (key, value) => map.commitSync([[key, value]])
}

if (!isMainThread && (workerData as WriterData | null)?.control) {
  const { kind, maps, keys: count, rate, control } = workerData as WriterData
  const writes = maps.map((name) => writerOf(kind, name))
  const keys = keysOf('string', count) as string[]
  const values = Array.from({ length: 64 }, (_, i) => valueOf('string', i) as string)
  const random = randomFrom(7)
  parentPort!.postMessage('ready')
  let started = performance.now()
  let done = 0
  for (;;) {
    const aim = Atomics.load(control, 0)
    if (aim === IDLE) {
      Atomics.wait(control, 0, IDLE)
      started = performance.now()
      done = 0
      continue
    }
    const due = rate === 0 ? done + 256 : Math.floor(((performance.now() - started) * rate) / 1000)
    const before = done
    for (; done < due; done++) writes[aim]!(keys[Math.floor(random() * count)]!, values[done & 63]!)
    Atomics.add(control, 1, done - before)
    if (rate > 0) Atomics.wait(control, 0, aim, 1)
  }
}
