// Commits that wait at the same time share writes to the file.
import test from 'ava'
import { SnapshotMap } from 'shardmap'
import { folder } from './fixtures/files.js'
import { fresh, together } from './fixtures/threads.js'

const durable = new URL('./fixtures/durable.js', import.meta.url).href

test('outstanding commits of one thread share log writes, and resolve in order', async t => {
  const map = SnapshotMap.open<string, number>(fresh(), { path: `${folder(t)}/map` })
  let last = 0n
  for (let round = 0; round < 5; round++) {
    const versions = await Promise.all(Array.from({ length: 64 }, (_, i) => map.commit([[`k${i}`, round]])))
    t.deepEqual(versions, Array.from({ length: 64 }, () => ++last))
  }
  const { commits, logWrites } = map.stats()
  t.is(commits, 320)
  t.true(logWrites < commits, `${logWrites} log writes`)
  SnapshotMap.destroy(map.name)
})

test('commits of several threads, each awaiting its own, are all counted and kept', async t => {
  const [name, path] = [fresh(), `${folder(t)}/map`]
  const map = SnapshotMap.open<string, number>(name, { path })
  const versions = (await together(durable, 'commitsInTurn', Array.from({ length: 4 }, (_, seat) => ({ name, seat, times: 50 })))).flat()
  t.deepEqual(versions.sort((a, b) => a - b), Array.from({ length: 200 }, (_, i) => i + 1), 'each commit has a version of its own')
  const { commits, logWrites, version } = map.stats()
  t.is(commits, 200)
  t.is(version, 200n)
  t.true(logWrites <= commits)
  SnapshotMap.destroy(name)
  const again = SnapshotMap.open<string, number>(name, { path })
  t.deepEqual([0, 1, 2, 3].map(seat => again.get(`seat ${seat}`)), [50, 50, 50, 50])
  SnapshotMap.destroy(name)
})

test('commits that are refused share a log write with those that are made, and a transaction asked for twice is made once', async t => {
  const map = SnapshotMap.open<string, number>(fresh(), { path: `${folder(t)}/map` })
  await map.commit([['a', 0]])
  const ask = (txId: string | undefined, n: number) => map.tryCommit({ txId, version: 1n, reads: ['a'], writes: [['a', n]] })
  const outcomes = await Promise.allSettled([map.commit([['b', 1]]), ask('tx', 1), ask('tx', 2), ask(undefined, 3), ask('other', 4), map.commit([['c', 1]])])
  t.deepEqual(outcomes.map(outcome => outcome.status === 'fulfilled' ? outcome.value : outcome.reason.code), [2n, 3n, 3n, 'ERR_SHARDMAP_CONFLICT', 'ERR_SHARDMAP_CONFLICT', 4n])
  t.deepEqual([map.get('a'), map.get('b'), map.get('c'), map.stats().conflicts], [1, 1, 1, 2])
  SnapshotMap.destroy(map.name)
})
