// get and set beside what people use for it today, in one thread, with a ttl everywhere and a bound where there is one.
import { NodeCache } from '@cacheable/node-cache'
import { Redis } from 'ioredis'
import { Keyv } from 'keyv'
import { LRUCache } from 'lru-cache'
import { SharedCache } from 'shardmap'
import { keysOf, shuffled, valueOf } from '../data.js'
import { getLoop, setLoop } from '../loops.js'
import { measure, type Subject, type Timing } from '../measure.js'
import { startRedis } from '../redis.js'

export interface CachePeers {
  get: Timing[]
  set: Timing[]
  redis: string
}

const KEYS = 1_000
const MAX = 8_000
const TTL = 600_000

interface Peer {
  name: string
  get: Subject['run']
  set: Subject['run']
}

export async function cachePeers(): Promise<CachePeers> {
  const keys = shuffled(keysOf('string', KEYS) as string[])
  const values = keys.map((_, i) => valueOf('string', i) as string)
  const redis = await startRedis()
  const peers = [
    ...synchronous(keys, values),
    ofKeyv(keys, values),
    ...('port' in redis ? ofRedis(new Redis(redis.port, '127.0.0.1'), keys, values) : [])
  ]
  const subjects = (what: 'get' | 'set') => peers.map((peer) => ({ name: peer.name, ops: KEYS, run: peer[what] }))
  const set = await measure(subjects('set'), 5)
  const get = await measure(subjects('get'), 5)
  if ('port' in redis) redis.stop()
  return { get, set, redis: 'port' in redis ? redis.version : redis.reason }
}

function synchronous(keys: readonly string[], values: readonly string[]): Peer[] {
  const tables: [string, object][] = [
    ['shardmap', SharedCache.open<string, string>('peers', { max: MAX, ttl: TTL })],
    ['shardmap, near off', SharedCache.open<string, string>('peers.off', { max: MAX, ttl: TTL, near: 0 })],
    ['lru-cache', new LRUCache<string, string>({ max: MAX, ttl: TTL })],
    ['@cacheable/node-cache', new NodeCache<string>({ stdTTL: TTL / 1000, maxKeys: MAX })]
  ]
  return tables.map(([name, table]) => ({ name, get: getLoop(name, table, keys), set: setLoop(name, table, keys, values) }))
}

function ofKeyv(keys: readonly string[], values: readonly string[]): Peer {
  const keyv = new Keyv<string>({ ttl: TTL })
  return {
    name: 'keyv in memory, awaited',
    get: async () => {
      for (const key of keys) await keyv.get(key)
    },
    set: async () => {
      for (const [i, key] of keys.entries()) await keyv.set(key, values[i]!)
    }
  }
}

function ofRedis(client: Redis, keys: readonly string[], values: readonly string[]): Peer[] {
  const inPipes = async (add: (pipeline: ReturnType<Redis['pipeline']>, i: number) => unknown) => {
    for (let start = 0; start < keys.length; start += 100) {
      const pipeline = client.pipeline()
      for (let i = start; i < start + 100; i++) add(pipeline, i)
      await pipeline.exec()
    }
  }
  return [
    {
      name: 'Redis (ioredis), awaited',
      get: async () => {
        for (const key of keys) await client.get(key)
      },
      set: async () => {
        for (const [i, key] of keys.entries()) await client.set(key, values[i]!, 'PX', TTL)
      }
    },
    {
      name: 'Redis (ioredis), pipelined by 100',
      get: () => inPipes((pipeline, i) => pipeline.get(keys[i]!)),
      set: () => inPipes((pipeline, i) => pipeline.set(keys[i]!, values[i]!, 'PX', TTL))
    }
  ]
}
