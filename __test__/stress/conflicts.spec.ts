// 1,000 conflicting changes at once: each is made or refused, none is lost, none is made twice, and the conflicts are counted.
import test from 'ava'
import { SharedMap, SnapshotMap } from 'shardmap'
import { fresh, together } from '../fixtures/threads.js'
import { modes } from '../fixtures/versions.js'
import type { Outcome } from './fixtures/conflicting.js'
import { shares } from './fixtures/writers.js'

const module = new URL('./fixtures/conflicting.js', import.meta.url).href
const CHANGES = 1000
const run = (job: string, args: object, writers = CHANGES) => together(module, job, shares(writers).map(share => ({ ...share, ...args })))
const sum = (outcomes: Outcome[]): Outcome => outcomes.reduce((a, b) => ({ made: a.made + b.made, refused: a.refused + b.refused }))

for (const mode of modes) {
  test(`1,000 changes of a rule from one version: one is made, 999 are refused and counted (${mode})`, async t => {
    const map = SnapshotMap.open<string, number>(fresh(), { mode })
    const version = await map.commit([['rule', -1]])
    using _ = map.snapshot()
    t.deepEqual(sum(await run('fromOneVersion', { name: map.name, version })), { made: 1, refused: CHANGES - 1 })
    t.deepEqual([map.version, map.stats().commits, map.stats().conflicts], [2n, 2, CHANGES - 1])
    t.true(map.get('rule')! >= 0)
  })

  test(`1,000 changes that try again until they are made are all made, each on the one before it (${mode})`, async t => {
    const map = SnapshotMap.open<string, number>(fresh(), { mode, history: CHANGES })
    const { made, refused } = sum(await run('untilMade', { name: map.name }))
    t.deepEqual([made, map.get('rule'), map.version, map.stats().conflicts], [CHANGES, CHANGES, BigInt(CHANGES), refused])
    t.deepEqual([...map.changes(0n)].map(({ before, after }) => [before ?? 0, after]), Array.from({ length: CHANGES }, (_, i) => [i, i + 1]))
  })

  for (const keys of [2, 10]) {
    test(`1,000 functions that change ${keys} keys drift by nothing, in no version (${mode})`, async t => {
      const map = SnapshotMap.open<number, number>(fresh(), { mode, history: 2 * CHANGES })
      await map.commit(Array.from({ length: keys }, (_, key) => [key, 100]))
      const all = shares(CHANGES).map(share => ({ ...share, name: map.name, keys, sync: share.seat === 3 }))
      const results = await together(module, 'byFunctions', all)
      const { made, refused } = sum(results)
      t.is(made + refused, CHANGES)
      t.is(refused, 0, 'a hundred tries are enough for a thousand of them')
      const { version, conflicts, commits } = map.stats()
      t.deepEqual([version, commits], [BigInt(CHANGES + 1), CHANGES + 1])
      t.is(results.reduce((runs, result) => runs + result.runs, 0), CHANGES + conflicts, 'a function runs once, and again for each conflict')
      for (let at = 1n; at <= version; at += 7n) {
        using snapshot = map.at(at)
        t.is([...snapshot.values()].reduce((a, b) => a + b, 0), 100 * keys, `version ${at}`)
      }
      const moves = (key: number) => Array.from({ length: CHANGES }, (_, writer) => Number((writer + 1 + (writer % (keys - 1))) % keys === key) - Number(writer % keys === key))
      for (let key = 0; key < keys; key++) t.is(map.get(key), 100 + moves(key).reduce((a, b) => a + b))
    })
  }
}

for (const near of [0, 8192]) {
  test(`1,000 times compareAndSet from one value: one succeeds, in each of 50 rounds (near ${near})`, async t => {
    const rounds = 50
    const map = SharedMap.open<number, any>(fresh(), { near })
    map.setMany(Array.from({ length: rounds }, (_, round) => [round, { rule: 'old' }]))
    const won: [number, number][] = (await run('swapsFromOneValue', { name: map.name, rounds, near })).flat()
    t.deepEqual(won.map(([round]) => round).sort((a, b) => a - b), Array.from({ length: rounds }, (_, round) => round))
    for (const [round, writer] of won) t.deepEqual(map.get(round), { rule: 'new', writer })
  })
}

test('1,000 writers that ask for one lock at once: one at a time, none forgotten, tokens that rise, and nothing held afterwards', async t => {
  const [locks, map] = [SnapshotMap.open<string, number>(fresh()), SharedMap.open<string, any>(fresh())]
  map.set('rule', { count: 0, token: 0n }).set('inside', 0)
  await run('underALock', { name: locks.name, rules: map.name })
  t.deepEqual([map.get('rule').count, map.get('inside')], [CHANGES, 0])
  using lease = await locks.lock(['rule'])
  t.is(lease.token, BigInt(CHANGES + 1))
})
