// stats() counts what was done, near-cache hits included.
import test from 'ava'
import { SharedCache, SharedMap } from 'shardmap'
import { fresh, start } from './fixtures/threads.js'

const lives = new URL('./fixtures/lives.js', import.meta.url).href

for (const near of [0, 8192]) {
  test(`gets, hits, sets and deletes are exact in one thread (near ${near})`, t => {
    const map = SharedMap.open<string, any>(fresh(), { near, shards: 8 })
    for (let i = 0; i < 10; i++) map.set(`k${i}`, { i })
    for (let round = 0; round < 7; round++) {
      for (let i = 0; i < 10; i++) map.get(`k${i}`)
      map.get('absent')
    }
    map.delete('k0')
    const stats = map.stats()
    t.is(stats.entries, 9)
    t.is(stats.shards, 8)
    t.is(stats.gets, 77)
    t.is(stats.sets, 10)
    t.is(stats.deletes, 1)
    t.is(stats.hits, 70, 'a remembered absence is a near hit, and no hit')
    if (near === 0) t.is(stats.nearHits, 0)
    else t.true(stats.nearHits >= 50 && stats.nearHits <= 77, `${stats.nearHits}`)
    t.true(Object.values(stats).every(n => Number.isSafeInteger(n) && n >= 0))
  })
}

test('bytes grow with keys and values, and go back', t => {
  const map = SharedMap.open<string, any>(fresh())
  const empty = map.stats().bytes
  map.set('k', new Uint8Array(10_000))
  const full = map.stats().bytes
  t.true(full >= empty + 10_000 && full < empty + 11_000, `${full - empty}`)
  map.set('k', 'x'.repeat(100))
  t.true(map.stats().bytes < empty + 1000)
  map.clear()
  t.is(map.stats().bytes, empty)
})

test('a small record costs at most 160 bytes', t => {
  const map = SharedMap.open<number, any>(fresh())
  for (let i = 0; i < 20_000; i++) map.set(i, { id: i, name: `name ${i}`, ok: true })
  t.true(map.stats().bytes / 20_000 <= 160, `${map.stats().bytes / 20_000}`)
})

test('no growth moves more than its bound under one lock', t => {
  const map = SharedMap.open<number, number>(fresh())
  for (let i = 0; i < 200_000; i++) map.set(i, i)
  const { largestMove, growths } = map.stats()
  t.true(growths > 0)
  t.true(largestMove <= 1000, `${largestMove}`)
})

test('what other threads did is counted', async t => {
  const name = fresh()
  const map = SharedMap.open<string, number>(name)
  map.set('a', 1)
  const thread = start(lives, 'reads', { name, keys: ['a', 'a', 'b'], near: 0 })
  await thread.done
  await thread.exited
  t.is(map.stats().gets, 3)
  t.is(map.stats().hits, 2)
})

test('near hits through handles that a thread has dropped without closing them are counted, however few', async t => {
  const maps = Array.from({ length: 10 }, () => SharedMap.open<string, number>(fresh()).set('a', 1))
  const caches = Array.from({ length: 10 }, () => SharedCache.open<string, number>(fresh('cache'), { max: 10 }).set('a', 1))
  const thread = start(lives, 'readsAndDrops', { maps: maps.map(({ name }) => name), caches: caches.map(({ name }) => name), times: 40 })
  t.true(await thread.done <= 2, 'the handles were garbage')
  await thread.exited
  for (const map of [...maps, ...caches]) {
    const { hits, nearHits } = map.stats()
    t.deepEqual([hits, nearHits], [40, 39], map.name)
  }
})
