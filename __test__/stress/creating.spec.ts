// Get or create by several threads at once, one creation inside the other: one of each survives, and everybody gets that one.
import test from 'ava'
import { SharedCache, SharedMap } from 'shardmap'
import { fresh, together } from '../fixtures/threads.js'
import type { Made } from './fixtures/creating.js'
import { THREADS } from './fixtures/writers.js'

const module = new URL('./fixtures/creating.js', import.meta.url).href
const run = (job: string, args: object) => together(module, job, Array.from({ length: THREADS }, (_, seat) => ({ seat, ...args })))

for (const near of [0, 8192]) {
  test(`entries whose creation creates others, opens maps, writes and throws are created once (near ${near})`, async t => {
    const rounds = 300
    const map = SharedMap.open<any, any>(fresh())
    const results: [Made, number][][] = await run('creates', { name: map.name, rounds, near })
    for (let round = 0; round < rounds; round++) {
      const made: Made = map.get(round)
      const inner: string = map.get(['inner', round])
      t.is(made.inner, inner)
      for (const result of results) t.deepEqual(result[round][0], made, `round ${round}: everybody gets the one that is there`)
      t.deepEqual(results.map(result => result[round][1]).sort(), [1, 2, 3, 4], 'the map that was created inside is one')
      const created = SharedMap.open<string, number>(inner)
      t.is(created.get('created'), map.get(['asked', round]), 'whoever was asked to create has met that same map')
      t.true(map.get(['asked', round]) >= 1 && map.get(['asked', round]) <= THREADS)
      t.is(`${map.name}/${map.get(['name', round])}`, inner)
    }
    t.is(SharedMap.names().filter(name => name.startsWith(`${map.name}/`)).length, rounds, 'no map beside those that are in use')
  })

  test(`loads that fetch what they need are made once each, by whatever thread, and all get what was loaded (near ${near})`, async t => {
    const count = 200
    const cache = SharedCache.open<number, { value: bigint }>(fresh(), { max: 1000 })
    const loads = new SharedArrayBuffer(4 * count)
    const results: bigint[][] = await run('fetchesNested', { name: cache.name, loads, count, near })
    const expected = [0n, 1n]
    while (expected.length < count) expected.push(expected.at(-1)! + expected.at(-2)!)
    for (const values of results) t.deepEqual(values, expected)
    t.deepEqual([...new Int32Array(loads)], Array.from({ length: count }, () => 1))
    t.deepEqual([cache.stats().loads, cache.stats().loadErrors, cache.size], [count, 0, count])
  })
}

test('loads that fail are made again until one succeeds, and that one answers all', async t => {
  const [keys, failures] = [200, 3]
  const cache = SharedCache.open<number, number>(fresh(), { max: 1000 })
  const loads = new SharedArrayBuffer(4 * keys)
  const results: { value: number; rejected: number }[][] = await run('fetchesUntilLoaded', { name: cache.name, loads, keys, failures })
  t.deepEqual([...new Int32Array(loads)], Array.from({ length: keys }, () => failures + 1))
  t.deepEqual([cache.stats().loads, cache.stats().loadErrors], [keys * (failures + 1), keys * failures])
  for (const all of results) for (const { value, rejected } of all) t.true(value === failures + 1 && rejected <= failures, `${value} after ${rejected}`)
})

test('looking and then creating creates several times, and the checks say so', async t => {
  const map = SharedMap.open<string, any>(fresh())
  const seen: [number, number][] = await run('looksThenCreates', { name: map.name })
  t.is(map.get('created'), THREADS)
  const survivor = map.get('entry').by
  t.true(seen.every(([, last]) => last === survivor))
  const cache = SharedCache.open<string, number>(fresh(), { max: 10 })
  const loads = new SharedArrayBuffer(4)
  await run('looksThenLoads', { name: cache.name, loads })
  t.is(new Int32Array(loads)[0], THREADS)
})
