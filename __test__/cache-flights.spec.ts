// Single flight between threads: loaders that die, hang, throw and are given up, and what is left of them.
import test from 'ava'
import { SharedCache } from 'shardmap'
import { open, Source, until } from './fixtures/caches.js'
import { start, together } from './fixtures/threads.js'

const caching = new URL('./fixtures/caching.js', import.meta.url).href
const counters = (n: number) => new SharedArrayBuffer(4 * n)

test('eight threads that miss the same key at once load it once', async t => {
  for (const slow of [true, false]) {
    const cache = open({ max: 100 })
    const counts = counters(1)
    const results = await together(caching, 'fetchesAll', Array.from({ length: 8 }, (_, seat) => ({ name: cache.name, keys: ['a'], counts, slow, seat })))
    t.is(new Int32Array(counts)[0], 1)
    t.is(cache.stats().loads, 1)
    for (const [value] of results) t.deepEqual(value, results[0][0])
  }
})

test('four threads that fetch two thousand cold keys load each exactly once', async t => {
  const cache = open({ max: 10_000 })
  const counts = counters(2000)
  const results = await together(caching, 'fetchesAll', Array.from({ length: 4 }, (_, seat) => ({ name: cache.name, keys: 2000, counts, slow: seat % 2 === 1, seat })))
  t.true(new Int32Array(counts).every(n => n === 1))
  t.is(cache.stats().loads, 2000)
  for (const values of results) values.forEach((value: any, i: number) => t.deepEqual([value.key, value.by], [i, results[0][i].by]))
  t.is(cache.size, 2000)
})

test('when a thread is ended while it loads, the next who waits loads, in whatever thread', async t => {
  const cache = open()
  for (let round = 0; round < 5; round++) {
    const key = `a${round}`
    const dies = start(caching, 'hangs', { name: cache.name, key })
    t.is(await dies.next(), 'loading')
    const elsewhere = start(caching, 'waits', { name: cache.name, key, value: 'elsewhere' })
    t.is(await elsewhere.next(), 'asked')
    const here = cache.fetch(key, () => 'here')
    await dies.end()
    const value = await here
    t.is(value, 'elsewhere')
    t.is(await elsewhere.done, value)
    t.is(cache.get(key), value)
  }
})

test('when the thread that is told to load is ended at once, the next one loads', async t => {
  for (let round = 0; round < 10; round++) {
    const cache = open()
    const threads = [0, 1].map(() => start(caching, 'hangs', { name: cache.name, key: 'a' }))
    await Promise.race(threads.map(thread => thread.next()))
    // One leads and one waits, or both are yet to ask.
    const here = cache.fetch('a', () => 'here')
    await Promise.all(threads.map(thread => thread.end()))
    t.is(await here, 'here')
    t.is(cache.get('a'), 'here')
  }
})

test('when the loading thread hangs until its timeout, a thread that waits takes over', async t => {
  const cache = open()
  const hangs = start(caching, 'hangs', { name: cache.name, key: 'a', options: { timeout: 30 } })
  t.is(await hangs.next(), 'loading')
  t.is(await cache.fetch('a', () => 'here'), 'here')
  t.deepEqual(await hangs.next(), { aborted: 'ERR_SHARDMAP_TIMEOUT' })
  t.deepEqual(await hangs.next(), { rejected: 'ERR_SHARDMAP_TIMEOUT' })
  await hangs.end()
})

test('what one thread loads answers those who wait in others, and is theirs', async t => {
  const cache = open()
  const value = { at: new Date(5), list: [1, { x: 2 }] }
  const loads = start(caching, 'loadsSlowly', { name: cache.name, key: 'a', value })
  t.is(await loads.next(), 'loading')
  const calls = [1, 2].map(() => cache.fetch('a', () => t.fail()))
  cache.set('go', 1)
  const values = await Promise.all(calls)
  t.deepEqual(values, [value, value])
  t.not(values[0].at, values[1].at)
  t.deepEqual(await loads.done, value)
})

test('a write by another thread during a load keeps its result from being stored', async t => {
  const cache = open()
  const source = new Source()
  const call = cache.fetch('k3', source.load)
  await start(caching, 'writesTo', { name: cache.name, from: 0, to: 5 }).done
  source.last.answer.resolve('loaded')
  t.is(await call, 'loaded')
  t.is(cache.get('k3'), 3)
})

test('destroy() by another thread rejects what waits and what loads here', async t => {
  const cache = open()
  const elsewhere = start(caching, 'hangs', { name: cache.name, key: 'b' })
  await elsewhere.next()
  const source = new Source()
  const calls = [cache.fetch('a', source.load), cache.fetch('a', source.load), cache.fetch('b', source.load)]
  const closed = calls.map(call => t.throwsAsync(call, { code: 'ERR_SHARDMAP_CLOSED' }))
  const destroyer = start(caching, 'destroys', { name: cache.name })
  t.true(await destroyer.done)
  await Promise.all(closed)
  t.is(source.asked.length, 1)
  t.true(source.last.signal.aborted)
  t.deepEqual(await elsewhere.next(), { aborted: 'ERR_SHARDMAP_CLOSED' })
  t.deepEqual(await elsewhere.next(), { rejected: 'ERR_SHARDMAP_CLOSED' })
  await elsewhere.end()
})

test('the stale value is given to a loader that takes over', async t => {
  const cache = open()
  await cache.fetch('a', () => ({ n: 1 }), { ttl: 5, staleWhileRevalidate: 1e6 })
  await until('it is stale', () => !cache.has('a'))
  const hangs = start(caching, 'hangs', { name: cache.name, key: 'a' })
  await hangs.next()
  const takes = start(caching, 'waits', { name: cache.name, key: 'a', value: { n: 2 } })
  await takes.next()
  await hangs.end()
  t.deepEqual(await takes.next(), { leads: true, stale: { n: 1 } })
  t.deepEqual(await takes.done, { n: 2 })
})

test('fifty threads that are ended in the middle of loads leave nothing: every key is loaded again', async t => {
  const cache = open({ max: 8, ttl: 1000 })
  for (let round = 0; round < 25; round++) {
    const threads = [0, 1].map(seat => start(caching, 'churnsFlights', { name: cache.name, seat }))
    await Promise.all(threads.map(thread => thread.next()))
    const waits = Array.from({ length: 16 }, (_, i) => cache.fetch(`k${i}`, () => 'here', { forceRefresh: true }))
    await Promise.all(threads.map(thread => thread.end()))
    t.is((await Promise.all(waits)).length, 16)
  }
  cache.clear()
  for (let i = 0; i < 16; i++) t.is(await cache.fetch(`k${i}`, () => i), i)
  t.true(cache.size <= 8)
  t.true(SharedCache.destroy(cache.name))
})
