// Near-cache hits beside Map.get. near: 32768, for 10,000 keys must fit.
import { SharedMap } from 'shardmap'
import type { Bar } from './bar.js'
import { keysOf, shuffled, valueOf } from './data.js'
import { getLoop } from './loops.js'
import { measure } from './measure.js'
import { ratioOf } from './stat.js'
import { NONE, startWriter } from './writer.js'

const KEYS = 10_000
const NEAR = 32_768

// Filled, and its near cache warmed, in another order than it is read in: a Map keeps its entries in order of arrival, and a walk in that
// order would be a walk through memory.
function filled(name: string, near: number, keys: readonly string[]): SharedMap<string, string> {
  const map = SharedMap.open<string, string>(name, { near })
  map.setMany(keys.map((key, i) => [key, valueOf('string', i) as string] as const))
  for (const key of keys) map.get(key)
  return map
}

/** rate: writes a second by another thread; 0: quiet. */
export async function nearHit({ rate }: { rate: number }): Promise<Bar> {
  const inOrder = keysOf('string', KEYS) as string[]
  const keys = shuffled(keysOf('string', KEYS) as string[])
  const shared = filled('near', NEAR, inOrder)
  const plain = new Map(inOrder.map((key, i) => [key, valueOf('string', i)]))
  const writer = rate > 0 ? await startWriter(['near'], KEYS, rate) : undefined
  const aim = { before: () => writer?.aim(0), after: () => writer?.aim(NONE) }
  const started = performance.now()
  const [ours, theirs] = await measure([
    { name: 'shardmap', ops: KEYS, run: getLoop('shardmap', shared, keys), ...aim },
    { name: 'Map', ops: KEYS, run: getLoop('Map', plain, keys), ...aim }
  ])
  const written = writer ? writer.writes() / ((performance.now() - started) / 1000) : 0
  const { nearHits, gets } = shared.stats()
  return {
    id: `near-hit-${rate}`,
    title: `near-cache hit / \`Map.get\`, ${rate === 0 ? 'quiet' : `${rate.toLocaleString('en-US')} writes/s elsewhere`}`,
    must: { at: '<=', limit: rate === 0 ? 1.75 : 1.9 },
    value: ratioOf(ours!.rounds, theirs!.rounds),
    timings: [ours!, theirs!],
    note: `near: ${NEAR}; ${((100 * nearHits) / gets).toFixed(2)} % hits${rate > 0 ? `; ${Math.round(written).toLocaleString('en-US')} writes/s done` : ''}`
  }
}

export async function nearUnderWriter(): Promise<Bar> {
  const inOrder = keysOf('string', KEYS) as string[]
  const keys = shuffled(keysOf('string', KEYS) as string[])
  const tables = [filled('on', NEAR, inOrder), filled('off', 0, inOrder)]
  const writer = await startWriter(['on', 'off'], KEYS, 0)
  const started = performance.now()
  const [on, off] = await measure(
    ['near on', 'near off'].map((name, i) => ({
      name,
      ops: KEYS,
      run: getLoop(name, tables[i], keys),
      before: () => writer.aim(i),
      after: () => writer.aim(NONE)
    }))
  )
  const written = writer.writes() / ((performance.now() - started) / 1000)
  return {
    id: 'near-under-writer',
    title: 'near on / near off while another thread writes as fast as it can',
    must: { at: '<=', limit: 1.2 },
    value: ratioOf(on!.rounds, off!.rounds),
    timings: [on!, off!],
    note: `near: ${NEAR}; ${Math.round(written).toLocaleString('en-US')} writes/s`
  }
}
