// Exact limits: never exceeded, and a write beyond one changes nothing.
import test from 'ava'
import { SharedMap } from 'shardmap'
import { refuses, refusesAndKeeps } from './fixtures/codes.js'
import { fresh, together } from './fixtures/threads.js'

const counting = new URL('./fixtures/counting.js', import.meta.url).href

test('at maxEntries every method that would add a key is refused with ERR_SHARDMAP_FULL', t => {
  const map = SharedMap.open<any, any>(fresh(), { maxEntries: 3, shards: 2 })
  map.setMany([['a', 1], ['b', { x: 1 }], ['c', 'text']])
  const full = (fn: () => unknown, label: string) => refusesAndKeeps(t, map, 'ERR_SHARDMAP_FULL', fn, label)
  full(() => map.set('d', 1), 'set')
  full(() => map.swap('d', 1), 'swap')
  full(() => map.getOrInsert('d', 1), 'getOrInsert')
  full(() => map.getOrInsertComputed('d', () => 1), 'getOrInsertComputed')
  full(() => map.compareAndSet('d', undefined, 1), 'compareAndSet')
  full(() => map.update('d', () => 1), 'update')
  full(() => map.increment('d'), 'increment')
  full(() => map.increment('d', 5n), 'increment by a bigint')
  full(() => map.setMany([['a', 2], ['d', 1]]), 'setMany')
  full(() => map.setMany([['d', 1], ['a', 2]]), 'setMany, the new one first')
})

test('at maxEntries what adds no key goes on, and room made is room', t => {
  const map = SharedMap.open<any, any>(fresh(), { maxEntries: 3, shards: 2 })
  map.setMany([['a', 1], ['b', 2], ['c', 3]])
  map.set('a', { big: 'x'.repeat(1000) }).setMany([['b', 5], ['b', 6], ['c', 7]])
  t.is(map.increment('b'), 7)
  t.true(map.compareAndSet('c', 7, 8))
  t.is(map.update('c', v => v + 1), 9)
  t.is(map.swap('c', 1), 9)
  t.is(map.getOrInsert('c', 5), 1)
  t.false(map.compareAndSet('d', 1, 2))
  t.true(map.delete('a'))
  map.setMany([['d', 1], ['d', 2]])
  refuses(t, 'ERR_SHARDMAP_FULL', () => map.set('e', 1))
  t.is(map.size, 3)
  map.clear()
  map.setMany([['x', 1], ['y', 2], ['z', 3]])
  t.is(map.size, 3)
})

test('a failed write of thousands of keys is undone whole', t => {
  const map = SharedMap.open<any, any>(fresh(), { maxEntries: 1000, shards: 8 })
  for (let i = 0; i < 500; i++) map.set(i, { old: i })
  const rows = Array.from({ length: 1001 }, (_, i) => [i, { fresh: i }] as const)
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_FULL', () => map.setMany(rows))
  map.setMany(rows.slice(0, 1000))
  t.is(map.size, 1000)
})

test('bytes never pass maxBytes, and a larger value in place of a smaller one counts', t => {
  const maxBytes = 64 * 1024
  const map = SharedMap.open<any, any>(fresh(), { maxBytes, shards: 2 })
  let stored = 0
  const one = refuses(t, 'ERR_SHARDMAP_FULL', () => {
    for (;;) map.set(`key${stored}`, 'v'.repeat(500)) && stored++
  })
  t.regex(one.message, /maxBytes/)
  t.true(stored > 50 && stored < 132, `${stored}`)
  t.true(map.stats().bytes <= maxBytes)
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_FULL', () => map.set('key1', 'w'.repeat(60_000)))
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_FULL', () => map.set('key1', new Uint8Array(60_000)))
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_FULL', () => map.swap('key1', { w: 'w'.repeat(60_000) }))
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_FULL', () => map.setMany([['key1', 1], ['key2', 'w'.repeat(60_000)]]))
  map.set('key1', 1)
  for (let i = 0; i < stored; i++) t.true(map.delete(`key${i}`))
  t.is(map.size, 0)
  const empty = map.stats().bytes
  map.set('again', 'v'.repeat(30_000))
  map.delete('again')
  t.is(map.stats().bytes, empty, 'what was taken is given back')
})

test('a value that alone passes maxBytes is refused by an empty map', t => {
  const map = SharedMap.open<any, any>(fresh(), { maxBytes: 10_000 })
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_FULL', () => map.set('k', 'x'.repeat(10_001)))
  map.set('k', 'x'.repeat(1000))
  t.is(map.size, 1)
})

test('threads that race for the last places never pass maxEntries and fill it exactly', async t => {
  const name = fresh()
  const map = SharedMap.open<any, any>(name, { maxEntries: 500, shards: 4 })
  const results = await together(counting, 'fill', [0, 1, 2].map(seat => ({ name, seat, tries: 400 })))
  t.is(map.size, 500)
  t.is(results.reduce((sum, r) => sum + r.stored, 0), 500)
  t.is(results.reduce((sum, r) => sum + r.refused, 0), 700)
  t.true(results.every(r => r.most <= 500))
})
