// The near cache of a cache: never older than what this thread was told of, and a hit in it is a use.
import test from 'ava'
import { SharedCache } from 'shardmap'
import { open, until } from './fixtures/caches.js'
import { start } from './fixtures/threads.js'

const caching = new URL('./fixtures/caching.js', import.meta.url).href

/** Lets another thread change key 'a' again and again, and reads after each time that it has said so. */
async function changedElsewhere(cache: SharedCache<any, any>, way: string, rounds: number, before: () => void, after: (round: number) => void): Promise<void> {
  const flag = new SharedArrayBuffer(4)
  const word = new Int32Array(flag)
  const thread = start(caching, 'changes', { name: cache.name, way, rounds, flag })
  try {
    for (let round = 1; round <= rounds; round++) {
      before()
      // Read until it is in the young generation and in compiled code.
      for (let i = 0; i < 200; i++) cache.get('a')
      Atomics.store(word, 0, 2 * round - 1)
      Atomics.notify(word, 0)
      while (Atomics.load(word, 0) !== 2 * round) cache.get('a')
      after(round)
    }
    await thread.done
  } finally {
    await thread.end()
  }
}

for (const [way, after] of [
  ['set', (t, cache, round) => t.is(cache.get('a'), round)],
  ['setMany', (t, cache, round) => t.is(cache.get('a'), round)],
  ['increment', (t, cache) => t.is(cache.get('a'), 1001)],
  ['delete', (t, cache) => t.deepEqual([cache.get('a'), cache.has('a'), cache.peek('a')], [undefined, false, undefined])],
  ['clear', (t, cache) => t.deepEqual([cache.peek('a'), cache.get('a')], [undefined, undefined])],
  ['invalidateTag', (t, cache) => t.deepEqual([cache.has('a'), cache.get('a')], [false, undefined])],
] as [string, (t: any, cache: SharedCache<any, any>, round: number) => void][]) {
  test(`a thread that was told of ${way} by another never reads the old value from its near cache`, async t => {
    const cache = open({ max: 100 })
    await changedElsewhere(cache, way, 200, () => cache.set('a', 1000, { tags: ['t'] }), round => after(t, cache, round))
    t.true(cache.stats().nearHits > 10_000)
  })
}

test('a thread that was told of evictions by another never reads what went', async t => {
  const cache = open({ max: 4, policy: 'lru' })
  await changedElsewhere(cache, 'evict', 100, () => cache.set('a', 1), () => {
    // The reads of this thread may have kept it; what is read is what is there.
    const read = cache.get('a')
    t.is(read, new Map(cache).get('a'))
    t.true(cache.size <= 4)
  })
  t.true(cache.stats().evictions.size > 0)
})

test('an eviction by this thread ends what it keeps near', t => {
  const cache = open({ max: 3, policy: 'lru' })
  cache.set('a', 1).set('b', 2).set('c', 3)
  for (let i = 0; i < 5; i++) t.is(cache.get('a'), 1)
  cache.get('b')
  cache.get('c')
  cache.set('d', 4)
  t.is(cache.get('a'), undefined)
  t.false(cache.has('a'))
  t.is(cache.peek('a'), undefined)
})

test('a hit in the near cache is a use: what is only read there stays', t => {
  for (const handles of [1, 2]) {
    const cache = open({ max: 3, policy: 'lru' })
    const reader = handles === 1 ? cache : SharedCache.open<any, any>(cache.name)
    cache.set('a', 1).set('b', 2).set('c', 3)
    reader.get('a')
    for (let i = 0; i < 50; i++) {
      // Within the ring, at its end and behind it.
      for (let n = 0; n <= i + 40; n++) t.is(reader.get('a'), 1)
      cache.set(`new ${i}`, i)
      t.true(cache.has('a'), `${handles} handles, round ${i}`)
    }
  }
})

test('uses count in their order, those of several near hits too', t => {
  const cache = open({ max: 4, policy: 'lru' })
  for (const key of ['a', 'b', 'c', 'd']) cache.set(key, key).get(key)
  for (const key of ['a', 'c', 'b', 'd', 'c']) cache.get(key)
  cache.set('e', 1)
  t.false(cache.has('a'))
  cache.set('f', 1)
  t.false(cache.has('b'))
  cache.set('g', 1)
  t.false(cache.has('d'))
  t.true(cache.has('c'))
})

test('peek and has are no uses, in the near cache too', t => {
  const cache = open({ max: 3, policy: 'lru' })
  cache.set('a', 1).set('b', 2).set('c', 3)
  for (const key of ['a', 'b', 'c']) cache.get(key)
  for (let i = 0; i < 100; i++) {
    cache.peek('a')
    cache.has('a')
  }
  cache.set('d', 4)
  t.false(cache.has('a'))
})

test('near hits of a thread that ends in order are counted, however few', async t => {
  const cache = open({ max: 100 })
  cache.set('a', 1)
  const thread = start(caching, 'reads', { name: cache.name, key: 'a', times: 40 })
  await thread.done
  await thread.exited
  t.is(cache.stats().hits, 40)
  t.is(cache.stats().nearHits, 39)
})

test('a near entry that the cache calls expired is never read', async t => {
  const cache = open({ max: 100 })
  for (let round = 0; round < 3; round++) {
    cache.set('a', round, { ttl: 160 })
    for (let gone = false; !gone;) {
      for (let i = 0; i < 1000; i++) cache.get('a')
      gone = cache.getRemainingTTL('a') === 0
      if (gone) t.is(cache.get('a'), undefined)
    }
  }
  t.true(cache.stats().nearHits > 1000)
  await until('its memory is back', () => cache.size === 0)
})

test('a near entry ends with its deadline in a loop that never leaves JavaScript before', t => {
  const cache = open({ max: 100 })
  const late: number[] = []
  for (let round = 0; round < 9; round++) {
    const before = performance.now()
    cache.set('a', round, { ttl: 160 })
    const written = performance.now()
    let [lastSeen, missed] = [written, false]
    while (!missed) {
      const now = performance.now()
      missed = cache.get('a') === undefined
      if (!missed) lastSeen = now
      else t.true(performance.now() - before >= 159, 'not before its time')
    }
    late.push(lastSeen - written - 160)
  }
  // A thread that shows the time may itself be late on a busy machine, but not each time.
  t.true(late.sort((a, b) => a - b)[4] <= 2, `${late}`)
})

test('no absence is kept: what another thread stores is there at once', async t => {
  const cache = open({ max: 100 })
  t.is(cache.get('k7'), undefined)
  const thread = start(caching, 'writesTo', { name: cache.name, from: 0, to: 10 })
  await thread.done
  t.is(cache.get('k7'), 7)
})

test('what is read past the near cache, and what is large, is a use and is right', t => {
  const cache = open({ max: 3, policy: 'lru' })
  const large = { text: 'x'.repeat(3_000_000) }
  cache.set('large', large).set('date', new Date(5)).set('c', 1)
  for (let i = 0; i < 3; i++) {
    t.is(cache.get('large').text.length, large.text.length)
    t.is(cache.get('date').getTime(), 5)
  }
  cache.set('d', 1)
  t.deepEqual([cache.has('large'), cache.has('date'), cache.has('c'), cache.has('d')], [true, true, false, true])
})

test('a near cache holds no more than its limit, and the latest limit given is in force', t => {
  const cache = open({ max: 1000, near: 10 })
  for (let i = 0; i < 100; i++) cache.set(i, { i })
  for (let round = 0; round < 5; round++) for (let i = 0; i < 100; i++) t.is(cache.get(i).i, i)
  t.is(cache.stats().nearHits, 0, 'a loop over more than it holds finds nothing')
  SharedCache.open(cache.name, { near: 100 })
  for (let round = 0; round < 5; round++) for (let i = 0; i < 100; i++) t.is(cache.get(i).i, i)
  t.true(cache.stats().nearHits >= 300)
  t.is(cache.stats().hits, 1000)
})
