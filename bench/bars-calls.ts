// Single calls and batches, in one quiet thread.
import { SharedMap } from 'shardmap'
import type { Bar } from './bar.js'
import { keysOf, shuffled, type ValueType, valueOf } from './data.js'
import { getLoop, setLoop } from './loops.js'
import { measure } from './measure.js'
import { ratioOf } from './stat.js'

const KEYS = 10_000

export async function nativeGet({ type, limit }: { type: ValueType; limit: number }): Promise<Bar> {
  const inOrder = keysOf('string', KEYS) as string[]
  const keys = shuffled(keysOf('string', KEYS) as string[])
  const entries = inOrder.map((key, i) => [key, valueOf(type, i)] as const)
  const shared = SharedMap.open<string, unknown>('native', { near: 0 }).setMany(entries)
  const plain = new Map(entries)
  const [ours, theirs] = await measure([
    { name: 'shardmap', ops: KEYS, run: getLoop('shardmap', shared, keys) },
    { name: 'Map', ops: KEYS, run: getLoop('Map', plain, keys) }
  ])
  return {
    id: `native-get-${type}`,
    title: `native get (near off) / \`Map.get\`, ${type === 'string' ? '200-byte strings' : `${type} values`}`,
    must: { at: '<=', limit },
    value: ratioOf(ours!.rounds, theirs!.rounds),
    timings: [ours!, theirs!]
  }
}

export async function setNumbers(): Promise<Bar> {
  const inOrder = keysOf('string', KEYS) as string[]
  const keys = shuffled(keysOf('string', KEYS) as string[])
  const values = keys.map((_, i) => i)
  const shared = SharedMap.open<string, number>('set').setMany(inOrder.map((key) => [key, 0] as const))
  const plain = new Map<string, number>(inOrder.map((key) => [key, 0]))
  const [ours, theirs] = await measure([
    { name: 'shardmap', ops: KEYS, run: setLoop('shardmap', shared, keys, values) },
    { name: 'Map', ops: KEYS, run: setLoop('Map', plain, keys, values) }
  ])
  return {
    id: 'set-number',
    title: 'set / `Map.set` (number values)',
    must: { at: '<=', limit: 4 },
    value: ratioOf(ours!.rounds, theirs!.rounds),
    timings: [ours!, theirs!]
  }
}

export async function batched({ type, limit }: { type: ValueType; limit: number }): Promise<Bar> {
  const hot = keysOf('string', 32) as string[]
  const keys = [...shuffled(hot, 1), ...shuffled(hot, 2)]
  const values = keys.map((_, i) => valueOf(type, i))
  const shared = SharedMap.open<string, unknown>('batch')
  const batch = shared.batch({ size: 64, intervalMs: 10_000 })
  const [gathered, single] = await measure([
    { name: '64 batched sets', ops: 64, run: setLoop('batched', batch, keys, values, 'flush') },
    { name: '64 sets', ops: 64, run: setLoop('unbatched', shared, keys, values) }
  ])
  return {
    id: `batch-${type}`,
    title: `64 batched sets over 32 hot keys / the same unbatched, ${type === 'string' ? '200-byte strings' : `${type} values`}`,
    must: { at: '<=', limit },
    value: ratioOf(gathered!.rounds, single!.rounds),
    timings: [gathered!, single!]
  }
}
