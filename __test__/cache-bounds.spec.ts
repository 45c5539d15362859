// What a cache never exceeds.
import test from 'ava'
import { nears, open, until } from './fixtures/caches.js'
import { refuses } from './fixtures/codes.js'
import { start, together } from './fixtures/threads.js'

const caching = new URL('./fixtures/caching.js', import.meta.url).href

for (const policy of ['lru', 'tinylfu'] as const) {
  test(`there are never more entries than max, and any max of them fit (${policy})`, t => {
    const cache = open({ max: 100, policy })
    for (let i = 0; i < 100; i++) cache.set(i, i)
    t.is(cache.size, 100)
    for (let i = 0; i < 100; i++) t.is(cache.peek(i), i)
    for (let i = 0; i < 1000; i++) {
      cache.set(`more ${i}`, { i })
      t.is(cache.size, 100)
    }
    cache.setMany(Array.from({ length: 250 }, (_, i) => [['t', i], i]))
    t.is(cache.size, 100)
    t.is([...cache].length, 100)
    const { evictions } = cache.stats()
    t.is(evictions.size, 1250)
  })

  test(`there are never more bytes than maxBytes (${policy})`, t => {
    const cache = open({ maxBytes: 200_000, policy })
    for (let i = 0; i < 2000; i++) {
      cache.set(`k${i % 500}`, 'x'.repeat((i * 7919) % 3000), { tags: i % 3 ? [`t${i % 5}`] : [] })
      const { bytes } = cache.stats()
      t.true(bytes <= 200_000, `${bytes}`)
    }
    t.true(cache.stats().bytes > 100_000)
    cache.clear()
    t.deepEqual([cache.stats().bytes, cache.size], [0, 0])
  })

  test(`four threads of random sizes never exceed either bound (${policy})`, async t => {
    const cache = open({ max: 20_000, maxBytes: 3_000_000, policy })
    const stop = new SharedArrayBuffer(4)
    const watcher = start(caching, 'watches', { name: cache.name, stop })
    await watcher.next()
    await together(caching, 'fillsAtRandom', [1, 2, 3, 4].map(seat => ({ name: cache.name, seat, times: 15_000 })))
    Atomics.store(new Int32Array(stop), 0, 1)
    const { entries, bytes, looks } = await watcher.done
    t.true(looks > 0)
    t.true(entries <= 20_000, `${entries} entries`)
    t.true(bytes <= 3_000_000, `${bytes} bytes`)
    await until('what has expired is gone', () => [...cache].length === cache.stats().entries)
    cache.clear()
    t.deepEqual([cache.stats().entries, cache.stats().bytes], [0, 0])
  })
}

for (const near of nears) {
  test(`what is beyond maxEntryBytes is refused with ERR_SHARDMAP_FULL, and the old value is gone (near ${near})`, t => {
    const cache = open({ max: 10, maxEntryBytes: 1000, near })
    cache.set('a', 'old').set('b', 'kept')
    t.is(cache.get('a'), 'old')
    const { message } = refuses(t, 'ERR_SHARDMAP_FULL', () => cache.set('a', 'x'.repeat(2000)))
    t.regex(message, /maxEntryBytes/)
    t.is(cache.get('a'), undefined)
    t.false(cache.has('a'))
    t.is(cache.get('b'), 'kept')
    t.is(cache.size, 1)
    refuses(t, 'ERR_SHARDMAP_FULL', () => cache.set('c', 'y'.repeat(2000), { ttl: 5, tags: ['t'] }))
    const small = open({ maxBytes: 2000, near })
    small.set('a', 'old')
    refuses(t, 'ERR_SHARDMAP_FULL', () => small.set('a', 'x'.repeat(3000)))
    t.is(small.get('a'), undefined)
  })
}

test('memory of expired entries comes back although nobody asks for them', async t => {
  const cache = open({ max: 100_000 })
  cache.setMany(Array.from({ length: 20_000 }, (_, i) => [i, `value ${i}`]), { ttl: 50 })
  await until('all are gone', () => cache.stats().entries === 0)
  t.is(cache.stats().bytes, 0)
  t.is(cache.stats().evictions.expired, 20_000)
})

test('an entry that is used again and again outlives a scan under tinylfu', t => {
  const cache = open({ max: 200, policy: 'tinylfu' })
  for (let i = 0; i < 100; i++) cache.set(`hot ${i}`, i)
  for (let round = 0; round < 20; round++) for (let i = 0; i < 100; i++) cache.get(`hot ${i}`)
  for (let i = 0; i < 5000; i++) cache.set(`scan ${i}`, i)
  const left = Array.from({ length: 100 }, (_, i) => cache.has(`hot ${i}`)).filter(Boolean).length
  t.true(left >= 70, `${left} of 100`)
})
