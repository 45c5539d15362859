// SnapshotMap: snapshots, commits and reads of the latest version, in one process that nothing else disturbs.
import { SnapshotMap } from 'shardmap'
import type { Bar } from './bar.js'
import { flat, keysOf, shuffled, valueOf } from './data.js'
import { getLoop } from './loops.js'
import { measure, type Timing } from './measure.js'
import { ratioOf } from './stat.js'
import { NONE, startWriter } from './writer.js'

const MILLION = 1_000_000
const THOUSAND = 1_000
const KEYS = 10_000
const NEAR = 32_768
const BATCH = 64
const SNAPSHOTS = 1_000

async function numbered(name: string, keys: readonly string[]): Promise<SnapshotMap<string, number>> {
  const map = SnapshotMap.open<string, number>(name)
  await map.replaceAll(keys.map((key, i) => [key, i] as const))
  return map
}

function snapshotLoop(map: SnapshotMap<string, number>): () => number {
  return () => {
    let entries = 0
    for (let i = 0; i < SNAPSHOTS; i++) {
      const snapshot = map.snapshot()
      entries += snapshot.size
      snapshot.close()
    }
    return entries
  }
}

export async function snapshots(): Promise<Bar[]> {
  const keys = keysOf('string', MILLION) as string[]
  const large = { name: 'snapshot of 1,000,000', ops: SNAPSHOTS, run: snapshotLoop(await numbered('large', keys)) }
  const small = { name: 'snapshot of 1,000', ops: SNAPSHOTS, run: snapshotLoop(await numbered('small', keys.slice(0, THOUSAND))) }
  const [ofLarge, ofSmall] = await measure([large, small])
  const plain = new Map(keys.map((key, i) => [key, i]))
  const [ours, copy] = await measure([large, { name: 'new Map(map)', ops: 1, samples: 2, run: () => new Map(plain) }], 5)
  const note = 'taken and closed'
  return [
    {
      id: 'snapshot-size',
      title: '`snapshot()`: 1,000,000 entries / 1,000 entries',
      must: { at: '<=', limit: 1.5 },
      value: ratioOf(ofLarge!.rounds, ofSmall!.rounds),
      timings: [ofLarge!, ofSmall!],
      note
    },
    {
      id: 'snapshot-copy',
      title: '`new Map(map)` / `snapshot()`, 1,000,000 entries: times cheaper',
      must: { at: '>=', limit: 10_000 },
      value: ratioOf(copy!.rounds, ours!.rounds),
      timings: [ours!, copy!],
      note
    }
  ]
}

export interface Commits {
  bars: Bar[]
  /** One key, awaited; to be set against the core alone. */
  single: Timing
}

async function measureCommits(name: string, keys: readonly string[]): Promise<Timing[]> {
  const map = await numbered(name, keys)
  const order = shuffled(keys)
  let at = 0
  let value = keys.length
  // New values at keys all over the table: a value that is there already would change nothing.
  const entry = () => [order[(at = (at + 1) % order.length)]!, ++value] as const
  return measure([
    {
      name: 'single commits',
      ops: BATCH,
      run: async () => {
        for (let i = 0; i < BATCH; i++) await map.commit([entry()])
      }
    },
    { name: `commits of ${BATCH} keys`, ops: BATCH, run: () => map.commit(Array.from({ length: BATCH }, entry)) }
  ])
}

export async function commits(): Promise<Commits> {
  const [single, batched] = await measureCommits('commits', keysOf('string', KEYS) as string[])
  // The keys of the core's bench, in a table that no cache holds.
  const keys = Array.from({ length: MILLION }, (_, i) => flat(`user:${String(i).padStart(8, '0')}:session`))
  const [large, largeBatch] = await measureCommits('commits.large', keys)
  const ofLarge = ratioOf(largeBatch!.rounds, large!.rounds).median.toFixed(2)
  return {
    single: large!,
    bars: [
      {
        id: 'commit-batch',
        title: `commit of ${BATCH} keys, per key / single commits`,
        must: { at: '<=', limit: 1 / 3 },
        value: ratioOf(batched!.rounds, single!.rounds),
        timings: [batched!, single!],
        note: `in memory, awaited, ${KEYS.toLocaleString('en-US')} entries; of 1,000,000 entries with long keys ${ofLarge}: there every key costs its own way through the trie`
      }
    ]
  }
}

/** rate: commits a second by another thread; 0: quiet. */
export async function latestGet({ rate }: { rate: number }): Promise<Bar> {
  const inOrder = keysOf('string', KEYS) as string[]
  const keys = shuffled(keysOf('string', KEYS) as string[])
  const entries = inOrder.map((key, i) => [key, valueOf('string', i) as string] as const)
  const map = SnapshotMap.open<string, string>('latest', { near: NEAR })
  await map.commit(entries)
  // In another order than the keys are read in, as in bars-near.ts.
  for (const key of inOrder) map.get(key)
  const plain = new Map(entries)
  const writer = rate > 0 ? await startWriter(['latest'], KEYS, rate, 'versions') : undefined
  const aim = { before: () => writer?.aim(0), after: () => writer?.aim(NONE) }
  const started = performance.now()
  const [ours, theirs] = await measure([
    { name: 'shardmap', ops: KEYS, run: getLoop('shardmap', map, keys), ...aim },
    { name: 'Map', ops: KEYS, run: getLoop('Map', plain, keys), ...aim }
  ])
  const written = writer ? writer.writes() / ((performance.now() - started) / 1000) : 0
  return {
    id: `latest-get-${rate}`,
    title: `\`get\` of the latest version / \`Map.get\`, ${rate === 0 ? 'quiet' : `${rate.toLocaleString('en-US')} commits/s elsewhere`}`,
    must: { at: '<=', limit: rate === 0 ? 1.75 : 2 },
    value: ratioOf(ours!.rounds, theirs!.rounds),
    timings: [ours!, theirs!],
    note: `near: ${NEAR}${rate > 0 ? `; ${Math.round(written).toLocaleString('en-US')} commits/s done` : ''}`
  }
}
