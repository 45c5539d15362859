// What becomes of a value whose time is over.
import test from 'ava'
import { nears, open, Source, until } from './fixtures/caches.js'

for (const near of nears) {
  test(`an entry is gone when its ttl is over, and not before (near ${near})`, async t => {
    const cache = open({ max: 100, near })
    const begin = performance.now()
    cache.set('a', 1, { ttl: 60 })
    const written = performance.now()
    cache.set('b', 2).set('c', 3, { ttl: Infinity })
    t.is(cache.getRemainingTTL('b'), Infinity)
    t.is(cache.getRemainingTTL('c'), Infinity)
    t.is(cache.getRemainingTTL('absent'), 0)
    const left = cache.getRemainingTTL('a')
    t.true((left > 0 && left <= 60) || performance.now() - begin >= 59)
    await until('it expires', () => {
      const [before, value, after] = [performance.now(), cache.get('a'), performance.now()]
      if (value === undefined) t.true(after - begin >= 59, 'not before its time')
      else t.true(before - written <= 61, 'not after its time')
      return value === undefined
    })
    t.false(cache.has('a'))
    t.is(cache.peek('a'), undefined)
    t.is(cache.getRemainingTTL('a'), 0)
    t.deepEqual([cache.get('b'), cache.get('c')], [2, 3])
    await until('its memory is back', () => cache.size === 2)
    t.is(cache.stats().evictions.expired, 1)
  })

  test(`the ttl of the cache is that of writes without one (near ${near})`, async t => {
    const cache = open({ max: 100, ttl: 40, near })
    cache.set('a', 1).set('keeps', 2, { ttl: Infinity }).setMany([['b', 1]]).setMany([['c', 1]], { ttl: 1e9 })
    await cache.fetch('d', () => 1)
    await cache.fetch('e', () => 1, { ttl: 1e9 })
    t.is(cache.increment('n'), 1)
    for (const key of ['a', 'b', 'd', 'n']) t.true(cache.getRemainingTTL(key) <= 40)
    await until('they expire', () => ['a', 'b', 'd', 'n'].every(key => cache.get(key) === undefined))
    t.deepEqual(cache.getMany(['keeps', 'c', 'e']), [2, 1, 1])
    await until('their memory is back', () => cache.size === 3)
  })

  test(`what is expired is never iterated over, and is loaded anew (near ${near})`, async t => {
    const cache = open({ max: 100, near })
    let loads = 0
    const load = () => ++loads
    t.is(await cache.fetch('a', load, { ttl: 30 }), 1)
    await until('it is loaded again', () => cache.peek('a') === undefined)
    t.deepEqual([...cache], [])
    t.is(await cache.fetch('a', load, { ttl: 1e6 }), 2)
    t.is(await cache.fetch('a', load, { ttl: 1e6 }), 2)
  })

  test(`updateAgeOnGet lets the time of an entry begin anew at each get (near ${near})`, async t => {
    const cache = open({ max: 100, ttl: 200, updateAgeOnGet: true, near })
    const begin = performance.now()
    cache.set('a', 1).set('b', 1)
    let last = begin
    while (performance.now() - begin < 500) {
      const now = performance.now()
      if (cache.get('a') !== 1) {
        t.true(performance.now() - last >= 199, 'only a pause of this test may end it')
        break
      }
      last = now
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    await until('what is not read expires', () => cache.peek('b') === undefined)
    cache.set('c', 1)
    const before = cache.getRemainingTTL('c')
    cache.peek('c')
    cache.has('c')
    t.true(cache.getRemainingTTL('c') <= before, 'only get does')
  })

  test(`allowStale gives an expired value for as long again as it was fresh (near ${near})`, async t => {
    const cache = open({ max: 100, ttl: 120, allowStale: true, near })
    cache.set('a', { n: 1 })
    t.deepEqual(cache.get('a'), { n: 1 })
    await until('it is stale', () => cache.getRemainingTTL('a') === 0)
    const stale = cache.get('a')
    t.true(stale === undefined ? cache.stats().evictions.expired === 1 : stale.n === 1)
    t.false(cache.has('a'))
    const source = new Source()
    const call = cache.fetch('a', source.load)
    t.is(source.asked.length, 1, 'fetch loads it anew')
    source.last.answer.resolve({ n: 2 })
    t.deepEqual(await call, { n: 2 })
    await until('it is gone', () => cache.get('a') === undefined)
    await until('its memory is back', () => cache.size === 0)
  })
}

test('ttlJitter shortens ttls, each by another part, and never lengthens one', t => {
  const cache = open({ max: 1000, ttl: 1_000_000, ttlJitter: 0.5 })
  for (let i = 0; i < 500; i++) cache.set(i, i)
  const left = Array.from({ length: 500 }, (_, i) => cache.getRemainingTTL(i))
  t.true(left.every(ms => ms <= 1_000_000 && ms > 400_000), `${Math.min(...left)} to ${Math.max(...left)}`)
  t.true(new Set(left).size > 400)
})

test('increment keeps the time of the entry that is there', async t => {
  const cache = open()
  t.is(cache.increment('n', 1, { ttl: 100 }), 1)
  const left = cache.getRemainingTTL('n')
  t.true(left <= 100)
  t.is(cache.increment('n', 1, { ttl: 1e9 }), 2)
  t.true(cache.getRemainingTTL('n') <= left)
  await until('the window is over', () => cache.peek('n') === undefined)
  t.is(cache.increment('n', 1, { ttl: 1e9 }), 1)
  t.true(cache.getRemainingTTL('n') > 1e8)
})

test('a fraction of a millisecond is a whole one', t => {
  const cache = open({ max: 10, ttl: 1e6 - 0.5 })
  cache.set('a', 1).set('b', 1, { ttl: 1e5 + 0.1 })
  t.true(cache.getRemainingTTL('a') > 9e5 && Number.isInteger(cache.getRemainingTTL('a')))
  t.true(cache.getRemainingTTL('b') > 9e4 && Number.isInteger(cache.getRemainingTTL('b')))
  open({ max: 10, ttl: 1e6 })
})

test('within staleWhileRevalidate the old value answers at once, and one load in the background replaces it', async t => {
  const cache = open()
  const options = { ttl: 20, staleWhileRevalidate: 1e6 }
  await cache.fetch('a', () => ({ n: 1 }), options)
  await until('it is stale', () => !cache.has('a'))
  const source = new Source()
  t.deepEqual(await cache.fetch('a', source.load, options), { n: 1 })
  t.deepEqual(await cache.fetch('a', source.load, options), { n: 1 })
  t.is(source.asked.length, 1)
  t.deepEqual(source.last.stale, { n: 1 })
  t.is(cache.get('a'), undefined, 'get does not give it')
  const waits = cache.fetch('a', () => t.fail('there is a load'))
  source.last.answer.resolve({ n: 2 })
  t.deepEqual(await waits, { n: 2 }, 'who does not take a stale value waits')
  t.deepEqual(cache.peek('a') ?? { n: 2 }, { n: 2 })
  t.deepEqual([cache.stats().loads, cache.stats().loadErrors], [2, 0])
})

test('a stale value that is not frozen is everybody\'s own', async t => {
  const cache = open()
  const options = { ttl: 10, staleWhileRevalidate: 1e6 }
  await cache.fetch('a', () => new Date(5), options)
  await until('it is stale', () => !cache.has('a'))
  const source = new Source()
  const stale = await cache.fetch('a', source.load, options)
  stale.setTime(9)
  t.is(source.last.stale.getTime(), 5)
})

test('an error in the background is counted, not thrown, and the stale value goes on', async t => {
  const cache = open()
  const options = { ttl: 20, staleWhileRevalidate: 1e6 }
  await cache.fetch('a', () => 'old', options)
  await until('it is stale', () => !cache.has('a'))
  for (let round = 1; round <= 3; round++) {
    t.is(await cache.fetch('a', () => { throw new Error('in the background') }, options), 'old')
    await until('it has failed', () => cache.stats().loadErrors === round)
  }
  t.is(await cache.fetch('a', () => 'new', { ...options, ttl: 1e6 }), 'old')
  await until('it is replaced', () => cache.peek('a') === 'new')
})

test('a load in the background outlives the signal of its caller, and ends with its timeout and its handle', async t => {
  const cache = open()
  const options = { ttl: 10, staleWhileRevalidate: 1e6 }
  await cache.fetch('a', () => 'old', options)
  await until('it is stale', () => !cache.has('a'))
  const stop = new AbortController()
  const source = new Source()
  t.is(await cache.fetch('a', source.load, { ...options, signal: stop.signal, timeout: 50 }), 'old')
  stop.abort()
  t.false(source.last.signal.aborted)
  await until('its time is over', () => source.last.signal.aborted)
  t.is((source.last.signal.reason as any).code, 'ERR_SHARDMAP_TIMEOUT')
  t.is(await cache.fetch('a', source.load, options), 'old')
  t.is(source.asked.length, 2)
  cache.close()
  t.is((source.last.signal.reason as any).code, 'ERR_SHARDMAP_CLOSED')
})

test('when a loader throws, the old value answers in its place if staleWhileRevalidate or allowStale keeps it', async t => {
  const allows = open({ max: 10, ttl: 1000, allowStale: true })
  allows.set('a', 'old', { ttl: 400 })
  await until('it is stale', () => allows.getRemainingTTL('a') === 0)
  const failing = () => { throw new Error('down') }
  const answered = await allows.fetch('a', failing).catch(error => error)
  t.true(answered === 'old' || allows.stats().evictions.expired === 1)

  const cache = open()
  await cache.fetch('a', () => 'old', { ttl: 10, staleWhileRevalidate: 1e6 })
  await until('it is stale', () => !cache.has('a'))
  const source = new Source()
  const calls = [cache.fetch('a', source.load, { forceRefresh: true, staleWhileRevalidate: 1e6 }), cache.fetch('a', source.load)]
  t.is(source.asked.length, 1)
  source.last.answer.reject(new Error('down'))
  t.deepEqual(await Promise.all(calls), ['old', 'old'])
  t.is(cache.stats().loadErrors, 1)
  cache.delete('a')
  await t.throwsAsync(cache.fetch('a', failing, { staleWhileRevalidate: 1e6 }), { message: 'down' })
})
