// One factor at a time around one base. The primary thread is measured; the other threads do the same on the same table meanwhile.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { keysOf, randomFrom, valueOf } from './data.js'
import { type Mix, mixLoop } from './loops.js'
import { measure, type Timing } from './measure.js'
import { openTables, type Shape, type Shared } from './tables.js'

export interface Point extends Shape {
  factor: string
  label: string
  /** Reads in a hundred operations. */
  reads: number
  threads: number
}

export interface PointResult {
  point: Point
  timings: Timing[]
}

export const BASE: Point = {
  factor: 'base',
  label: 'base',
  size: 10_000,
  keys: 'string',
  values: 'string',
  reads: 95,
  threads: 2,
  near: 32_768
}

export const POINTS: Point[] = [
  BASE,
  ...[1_000, 100_000, 1_000_000].map((size) => ({ ...BASE, factor: 'size', label: size.toLocaleString('en-US'), size })),
  ...(['number', 'bigint', 'tuple', 'bytes'] as const).map((keys) => ({ ...BASE, factor: 'keys', label: keys, keys })),
  ...(['number', 'object', 'bytes', 'date'] as const).map((values) => ({ ...BASE, factor: 'values', label: values, values })),
  ...[100, 50].map((reads) => ({ ...BASE, factor: 'mix', label: `${reads}:${100 - reads}`, reads })),
  ...[1, 3, 4].map((threads) => ({ ...BASE, factor: 'threads', label: String(threads), threads })),
  { ...BASE, factor: 'near', label: '8,192 (default)', near: 8_192 }
]

const OPS = 2_000
const STOPPED = -1
const ENDED = -2

interface OtherData {
  point: Point
  shared: Shared
  control: Int32Array
  seed: number
}

function mixOf(point: Point, seed: number): Mix {
  const random = randomFrom(seed)
  const steps = Math.max(point.size, 1 << 17)
  const order = Uint32Array.from({ length: steps }, () => Math.floor(random() * point.size))
  const writes = Uint8Array.from({ length: steps }, () => (random() * 100 < point.reads ? 0 : 1))
  const values = Array.from({ length: 64 }, (_, i) => valueOf(point.values, i))
  return { keys: keysOf(point.keys, point.size), values, order, writes }
}

function loopsOf(point: Point, shared: Shared, seed: number, joining: boolean) {
  const mix = mixOf(point, seed)
  const stored = keysOf(point.keys, point.size)
  const tables = openTables(point, shared, (set) => stored.forEach((key, i) => set(key, valueOf(point.values, i))), joining)
  return tables.map((one) => ({ ...one, run: mixLoop(one.name, one.table, one.methods, mix, OPS) }))
}

export async function measurePoint(point: Point): Promise<PointResult> {
  const folder = mkdtempSync(join(tmpdir(), 'shardmap-bench-'))
  const shared: Shared = { lmdbPath: join(folder, 'lmdb') }
  const control = new Int32Array(new SharedArrayBuffer(4)).fill(STOPPED)
  const tables = loopsOf(point, shared, 1, false)
  const others: Worker[] = []
  for (let i = 1; i < point.threads; i++) {
    const data: OtherData = { point, shared, control, seed: i + 1 }
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: data })
    others.push(worker)
    await once(worker, 'message')
  }
  const aim = (i: number) => {
    Atomics.store(control, 0, i)
    Atomics.notify(control, 0)
  }
  const subjects = tables.map(({ name, run }, i) => ({ name, ops: OPS, run, before: () => aim(i), after: () => aim(STOPPED) }))
  const timings = await measure(subjects, 5)
  const exits = others.map((worker) => once(worker, 'exit'))
  aim(ENDED) // lmdb aborts a process that ends in the middle of its transaction
  await Promise.all(exits)
  rmSync(folder, { recursive: true, force: true })
  return { point, timings }
}

if (!isMainThread && (workerData as OtherData | null)?.point) {
  const { point, shared, control, seed } = workerData as OtherData
  const tables = loopsOf(point, shared, seed, true)
  parentPort!.postMessage('ready')
  for (;;) {
    const i = Atomics.load(control, 0)
    if (i === STOPPED) Atomics.wait(control, 0, STOPPED)
    else if (i === ENDED) break
    else tables[i]!.run()
  }
  for (const table of tables) await table.close?.()
}
