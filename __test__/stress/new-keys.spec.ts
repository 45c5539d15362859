// 100 writers of 10,000 new keys each: every count is exact.
import test from 'ava'
import { SharedCache, SharedMap, SnapshotMap } from 'shardmap'
import { fresh, together } from '../fixtures/threads.js'
import { expected, keyOf, tally, valueOf } from './fixtures/new-keys.js'
import { shares } from './fixtures/writers.js'

const module = new URL('./fixtures/new-keys.js', import.meta.url).href
const run = (job: string, args: { name: string; each: number }, writers: number) => together(module, job, shares(writers).map(share => ({ ...share, ...args })))

test.serial('100 writers of 10,000 new keys: a million entries, each once, in size, stats, iteration and sum; and none when they have deleted them', async t => {
  const [writers, each] = [100, 10_000]
  const map = SharedMap.open<any, number>(fresh())
  const { bytes: empty } = map.stats()
  await run('insertsInto', { name: map.name, each }, writers)
  t.is(map.size, writers * each)
  const { entries, sets, deletes, growths, shards, bytes } = map.stats()
  t.deepEqual([entries, sets, deletes], [writers * each, writers * each, 0])
  t.true(growths >= shards, 'each shard grew')
  t.deepEqual(tally(map, writers, each), expected(writers, each))
  const snapshot = map.snapshot()
  t.is(snapshot.size, writers * each)

  const deleted = await run('deletesFrom', { name: map.name, each }, writers)
  t.is(deleted.reduce((sum, count) => sum + count), writers * each)
  t.deepEqual([map.size, map.stats().entries, map.stats().deletes, [...map]], [0, 0, writers * each, []])
  t.is(map.stats().bytes, empty)
  t.true(bytes > empty)
  t.deepEqual(tally(snapshot, writers, each), expected(writers, each), 'the snapshot has them still')
  SharedMap.destroy(map.name)
})

test.serial('100 writers of new keys within a limit of entries: exactly so many are stored', async t => {
  const [writers, each] = [100, 200]
  const map = SharedMap.open<any, number>(fresh(), { maxEntries: writers * each })
  await run('insertsInto', { name: map.name, each }, writers)
  t.deepEqual(tally(map, writers, each), expected(writers, each))
  t.throws(() => map.set('one more', 1), { code: 'ERR_SHARDMAP_FULL' })
})

for (const mode of ['delta', 'copy'] as const) {
  test.serial(`writers of new keys to a SnapshotMap: one version a commit, none twice, all there in the last (${mode})`, async t => {
    const [writers, each] = [100, mode === 'copy' ? 20 : 100]
    const map = SnapshotMap.open<any, number>(fresh(), { mode })
    const versions: bigint[] = (await run('commitsInto', { name: map.name, each }, writers)).flat()
    t.deepEqual(versions.sort((a, b) => Number(a - b)), Array.from({ length: writers * each }, (_, i) => BigInt(i + 1)))
    t.deepEqual([map.size, map.stats().entries, map.stats().commits, map.stats().conflicts], [writers * each, writers * each, writers * each, 0])
    using snapshot = map.snapshot()
    t.deepEqual(tally(snapshot, writers, each), expected(writers, each))
    t.is(map.version, BigInt(writers * each))
  })
}

for (const policy of ['lru', 'tinylfu'] as const) {
  test.serial(`100 writers of 2,000 new keys to a cache of 50,000: exactly so many stay, and the rest is counted (${policy})`, async t => {
    const [writers, each, max] = [100, 2000, 50_000]
    const cache = SharedCache.open<any, number>(fresh(), { max, policy })
    await run('setsInto', { name: cache.name, each }, writers)
    const { entries, evictions } = cache.stats()
    t.deepEqual([cache.size, entries, evictions.size], [max, max, writers * each - max])
    t.deepEqual([evictions.replaced ?? 0, evictions.deleted ?? 0, evictions.expired ?? 0], [0, 0, 0])
    const { count, strange } = tally(cache, writers, each)
    t.deepEqual([count, strange], [max, []])
    SharedCache.destroy(cache.name)
  })
}

test('the tally finds an entry that is missing, doubled, changed, or nobody\'s', t => {
  const [writers, each] = [4, 3]
  const rows = Array.from({ length: writers * each }, (_, n) => [n % writers, Math.floor(n / writers)]).map(([writer, i]) => [keyOf(writer, i), valueOf(writer, i)] as [any, number])
  t.deepEqual(tally(rows, writers, each), expected(writers, each))
  t.not(tally(rows.slice(1), writers, each).count, writers * each)
  t.deepEqual(tally([...rows, rows[0]], writers, each).strange, [rows[0]])
  t.deepEqual(tally([...rows.slice(1), [rows[0][0], 99]], writers, each).strange, [[rows[0][0], 99]])
  t.deepEqual(tally([...rows.slice(1), [[4, 0], 28]], writers, each).strange, [[[4, 0], 28]])
})

test('two writers that take each other\'s keys for new are found by the counts', async t => {
  const [writers, each] = [8, 50]
  const map = SharedMap.open<any, number>(fresh())
  const all = shares(writers)
  all[1].writers[0] = 0
  await together(module, 'insertsInto', all.map(share => ({ ...share, name: map.name, each })))
  t.is(map.size, (writers - 1) * each)
  t.not(tally(map, writers, each).sum, expected(writers, each).sum)
})
