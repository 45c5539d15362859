// Reads beside the packages that people use today, in one quiet thread; and beside what answers only by a message.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Redis } from 'ioredis'
import { SharedMap } from 'shardmap'
import type { Bar } from './bar.js'
import { keysOf, shuffled, valueOf } from './data.js'
import { getLoop } from './loops.js'
import { measure, type Subject, type Timing } from './measure.js'
import { startRedis } from './redis.js'
import { ratioOf } from './stat.js'
import { openTables, type Shape } from './tables.js'

const SHAPE: Shape = { size: 10_000, keys: 'string', values: 'string', near: 32_768 }
const inOrder = keysOf('string', SHAPE.size) as string[]
const keys = shuffled(keysOf('string', SHAPE.size) as string[])

export async function againstPeers(): Promise<Bar[]> {
  const folder = mkdtempSync(join(tmpdir(), 'shardmap-bench-'))
  const fill = (set: (key: unknown, value: unknown) => void) => inOrder.forEach((key, i) => set(key, valueOf('string', i)))
  const tables = openTables(SHAPE, { lmdbPath: join(folder, 'lmdb') }, fill, false)
  // Into near caches too, in another order than they are read in.
  for (const { table, methods } of tables) for (const key of inOrder) (table as Record<string, (key: string) => unknown>)[methods.get]!(key)
  const timings = await measure(tables.map(({ name, table, methods }) => ({ name, ops: keys.length, run: getLoop(name, table, keys, methods.get) })))
  rmSync(folder, { recursive: true, force: true })
  const of = (name: string) => timings.find((timing) => timing.name === name)!
  const ours = of('shardmap')
  const faster = (id: string, name: string, limit: number): Bar => ({
    id: `get-${id}`,
    title: `\`${id}\` get / ours: times faster`,
    must: { at: '>=', limit },
    value: ratioOf(of(name).rounds, ours.rounds),
    timings: [ours, of(name)],
    note: `near: ${SHAPE.near}`
  })
  const lru = of('lru-cache (a copy per thread)')
  return [
    {
      id: 'get-lru-cache',
      title: 'get / `lru-cache` get',
      must: { at: '<=', limit: 1.25 },
      value: ratioOf(ours.rounds, lru.rounds),
      timings: [ours, lru],
      note: `near: ${SHAPE.near}`
    },
    faster('lmdb', 'lmdb', 8),
    faster('sharedmap', 'sharedmap', 18)
  ]
}

export interface Awaited {
  timings: Timing[]
  redis: string
}

/** Reported, without a bar: one `get` that has to be awaited, and a hundred in flight. */
export async function awaited(): Promise<Awaited> {
  const some = keys.slice(0, 100)
  const shared = SharedMap.open<string, string>('awaited', { near: SHAPE.near })
  for (const [i, key] of keys.entries()) shared.set(key, valueOf('string', i) as string)
  const owner = new Worker(OWNER, { eval: true, workerData: keys.map((key, i) => [key, valueOf('string', i)]) })
  await once(owner, 'message')
  const ask = asker(owner)
  const subjects: Subject[] = [
    { name: 'shardmap', ops: some.length, run: getLoop('shardmap', shared, some) },
    { name: 'shardmap, near off', ops: some.length, run: getLoop('off', SharedMap.open('awaited.off', { near: 0 }).setMany([...shared]), some) },
    ...bothWays('postMessage to a thread that owns a Map', some, ask)
  ]
  const redis = await startRedis()
  if ('port' in redis) {
    const client = new Redis(redis.port, '127.0.0.1')
    await client.mset(new Map(shared))
    const [awaitedOne] = bothWays('Redis (ioredis)', some, (key) => client.get(key))
    const pipelined = async () => {
      const pipeline = client.pipeline()
      for (const key of some) pipeline.get(key)
      return pipeline.exec()
    }
    subjects.push(awaitedOne!, { name: 'Redis (ioredis), pipelined by 100', ops: some.length, run: pipelined })
  }
  const timings = await measure(subjects, 5)
  if ('port' in redis) redis.stop()
  return { timings, redis: 'port' in redis ? redis.version : redis.reason }
}

function bothWays(name: string, some: readonly string[], get: (key: string) => Promise<unknown>): Subject[] {
  const oneByOne = async () => {
    for (const key of some) await get(key)
  }
  return [
    { name: `${name}, awaited`, ops: some.length, run: oneByOne },
    { name: `${name}, 100 in flight`, ops: some.length, run: () => Promise.all(some.map(get)) }
  ]
}

/** One thread owns the data; the others ask it and get a structured clone. */
const OWNER = `
  const { parentPort, workerData } = require('node:worker_threads')
  const map = new Map(workerData)
  parentPort.on('message', ({ id, key }) => parentPort.postMessage({ id, value: map.get(key) }))
  parentPort.postMessage('ready')
`

function asker(owner: Worker): (key: string) => Promise<unknown> {
  const waiting = new Map<number, (value: unknown) => void>()
  let next = 0
  owner.on('message', ({ id, value }: { id: number; value: unknown }) => {
    waiting.get(id)?.(value)
    waiting.delete(id)
  })
  return (key) =>
    new Promise((resolve) => {
      waiting.set(next, resolve)
      owner.postMessage({ id: next++, key })
    })
}
