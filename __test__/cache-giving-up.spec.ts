// fetch that somebody gives up: aborts, timeouts, closed handles, destroyed caches.
import test from 'ava'
import { SharedCache, ShardmapError } from 'shardmap'
import { Deferred, open, Source, until } from './fixtures/caches.js'

test('an abort rejects with the signal\'s reason, aborts the loader\'s signal and ignores what it returns', async t => {
  const cache = open()
  const source = new Source()
  const stop = new AbortController()
  const call = cache.fetch('a', source.load, { signal: stop.signal })
  const reason = new Error('my reason')
  stop.abort(reason)
  t.is(await call.catch(error => error), reason)
  t.true(source.last.signal.aborted)
  t.is(source.last.signal.reason, reason)
  source.asked[0].answer.resolve('too late')
  await new Promise(setImmediate)
  t.false(cache.has('a'))
  t.is(await cache.fetch('a', () => 'again'), 'again')
})

test('a signal that is aborted already rejects before anything is loaded or looked at', async t => {
  const cache = open()
  cache.set('there', 1)
  for (const key of ['there', 'absent']) {
    await t.throwsAsync(cache.fetch(key, () => t.fail(), { signal: AbortSignal.abort() }), { name: 'AbortError', any: true })
  }
  t.deepEqual([cache.stats().loads, cache.stats().hits, cache.stats().misses], [0, 0, 0])
})

test('when the one who loads aborts, the next who waits loads', async t => {
  const cache = open()
  const sources = [new Source(), new Source(), new Source()]
  const stops = sources.map(() => new AbortController())
  const calls = sources.map((source, i) => cache.fetch('a', source.load, { signal: stops[i].signal }))
  calls.forEach(call => call.catch(() => {}))
  stops[0].abort()
  await until('the second loads', () => sources[1].asked.length === 1)
  t.is(sources[2].asked.length, 0)
  stops[1].abort()
  await until('the third loads', () => sources[2].asked.length === 1)
  sources[1].last.answer.resolve('of the second')
  sources[0].last.answer.reject(new Error('of the first'))
  await new Promise(setImmediate)
  sources[2].last.answer.resolve('of the third')
  t.is(await calls[2], 'of the third')
  for (const call of calls.slice(0, 2)) await t.throwsAsync(call, { name: 'AbortError', any: true })
  t.is(cache.get('a'), 'of the third')
  t.is(cache.stats().loads, 3)
})

test('who waits may abort, and the load goes on', async t => {
  const cache = open()
  const source = new Source()
  const stop = new AbortController()
  const leads = cache.fetch('a', source.load)
  const waits = cache.fetch('a', () => t.fail(), { signal: stop.signal })
  stop.abort('enough')
  t.is(await waits.catch(error => error), 'enough')
  t.false(source.last.signal.aborted)
  source.last.answer.resolve(1)
  t.is(await leads, 1)
})

test('who aborts while it is told to load passes that on at once', async t => {
  const cache = open()
  const first = new Source()
  const last = new Source()
  const stops = [new AbortController(), new AbortController()]
  const leads = cache.fetch('a', first.load, { signal: stops[0].signal })
  const between = cache.fetch('a', () => t.fail('it was aborted before'), { signal: stops[1].signal })
  const waits = cache.fetch('a', last.load)
  // The letter that the second leads is under way when it aborts.
  stops[0].abort()
  stops[1].abort()
  for (const call of [leads, between]) await t.throwsAsync(call, { name: 'AbortError', any: true })
  await until('the last loads', () => last.asked.length === 1)
  last.last.answer.resolve('last')
  t.is(await waits, 'last')
})

test('a handle that is closed while it is told to load passes that on at once', async t => {
  const cache = open()
  const other = SharedCache.open<any, any>(cache.name)
  const stop = new AbortController()
  const leads = cache.fetch('a', () => new Promise(() => {}), { signal: stop.signal })
  const between = other.fetch('a', () => t.fail('it was closed before'))
  const source = new Source()
  const waits = cache.fetch('a', source.load)
  stop.abort()
  other.close()
  await t.throwsAsync(leads, { name: 'AbortError', any: true })
  await t.throwsAsync(between, { code: 'ERR_SHARDMAP_CLOSED' })
  await until('the last loads', () => source.asked.length === 1)
  source.last.answer.resolve('last')
  t.is(await waits, 'last')
})

test('who aborts while it is told to load passes that on, also when its handle is closed before it hears of it', async t => {
  const cache = open()
  const other = SharedCache.open<any, any>(cache.name)
  const stops = [new AbortController(), new AbortController()]
  const leads = cache.fetch('a', () => new Promise(() => {}), { signal: stops[0].signal })
  const between = other.fetch('a', () => t.fail('it was aborted before'), { signal: stops[1].signal })
  stops.forEach(stop => stop.abort())
  other.close()
  for (const call of [leads, between]) await t.throwsAsync(call, { name: 'AbortError', any: true })
  t.is(await cache.fetch('a', () => 'next', { timeout: 30_000 }), 'next')
})

test('a fetch that fails before it can load or wait leaves the key to others', async t => {
  const cache = open()
  const options = () => ({ signal: Object.assign(new AbortController().signal, { addEventListener: () => { throw new RangeError('mine') } }) })
  const fails = () => t.throwsAsync(cache.fetch('a', () => t.fail(), options()), { instanceOf: RangeError, message: 'mine' })
  await fails()
  const stop = new AbortController()
  const leads = cache.fetch('a', () => new Promise(() => {}), { signal: stop.signal, timeout: 30_000 })
  await fails()
  const waits = cache.fetch('a', () => 'next', { timeout: 30_000 })
  stop.abort()
  await t.throwsAsync(leads, { name: 'AbortError', any: true })
  t.is(await waits, 'next')
})

test('a timeout rejects with ERR_SHARDMAP_TIMEOUT, aborts the loader\'s signal, and the next who waits loads', async t => {
  const cache = open()
  const source = new Source()
  const next = new Source()
  const hangs = cache.fetch('a', source.load, { timeout: 20 })
  const waits = cache.fetch('a', next.load)
  const gives = t.throwsAsync(hangs, { instanceOf: ShardmapError, code: 'ERR_SHARDMAP_TIMEOUT' })
  await until('the next loads', () => next.asked.length === 1)
  await gives
  t.is((source.last.signal.reason as any).code, 'ERR_SHARDMAP_TIMEOUT')
  source.last.answer.reject(new Error('nobody hears this'))
  next.last.answer.resolve('next')
  t.is(await waits, 'next')
  const patient = cache.fetch('b', () => 'in time', { timeout: 2 ** 31 - 1 })
  t.is(await patient, 'in time')
})

test('who waits may time out', async t => {
  const cache = open()
  const source = new Source()
  const leads = cache.fetch('a', source.load)
  await t.throwsAsync(cache.fetch('a', () => t.fail(), { timeout: 10 }), { code: 'ERR_SHARDMAP_TIMEOUT' })
  source.last.answer.resolve(1)
  t.is(await leads, 1)
})

test('close() aborts the loads of its handle and rejects what waits; another handle goes on', async t => {
  const cache = open()
  const other = SharedCache.open<any, any>(cache.name)
  const mine = new Source()
  const theirs = new Source()
  const loads = cache.fetch('a', mine.load)
  const heir = other.fetch('a', theirs.load)
  const leads = other.fetch('c', theirs.load)
  const waits = cache.fetch('c', () => t.fail())
  cache.close()
  for (const call of [loads, waits]) await t.throwsAsync(call, { code: 'ERR_SHARDMAP_CLOSED' })
  t.is((mine.asked[0].signal.reason as any).code, 'ERR_SHARDMAP_CLOSED')
  await until('the other handle loads it', () => theirs.asked.length === 2)
  mine.asked[0].answer.resolve('ignored')
  for (const { answer, key } of theirs.asked) answer.resolve(key)
  t.deepEqual(await Promise.all([heir, leads]), ['a', 'c'])
})

test('a listener of the loader\'s signal that fetches again from the closed handle is refused', async t => {
  const cache = open()
  const inner = new Deferred()
  const call = cache.fetch('a', (_, { signal }) => {
    signal.addEventListener('abort', () => cache.fetch('b', () => 1).then(inner.resolve, inner.reject))
    return new Promise(() => {})
  })
  call.catch(() => {})
  cache.close()
  await t.throwsAsync(inner.promise, { code: 'ERR_SHARDMAP_CLOSED' })
})

test('destroy() rejects what waits and what loads, and aborts its signal', async t => {
  const cache = open()
  const source = new Source()
  const calls = [cache.fetch('a', source.load), cache.fetch('a', source.load), SharedCache.open<any, any>(cache.name).fetch('b', source.load)]
  const closed = calls.map(call => t.throwsAsync(call, { instanceOf: ShardmapError, code: 'ERR_SHARDMAP_CLOSED' }))
  SharedCache.destroy(cache.name)
  await Promise.all(closed)
  t.is(source.asked.length, 2)
  t.true(source.asked.every(({ signal }) => (signal.reason as any)?.code === 'ERR_SHARDMAP_CLOSED'))
  source.asked.forEach(({ answer }) => answer.resolve(1))
})

test('a thousand fetches with one signal all end when it aborts, and nobody is warned of them', async t => {
  const cache = open()
  const warned: Error[] = []
  const warn = (warning: Error) => warned.push(warning)
  process.on('warning', warn)
  const stop = new AbortController()
  const source = new Source()
  const calls = Array.from({ length: 1000 }, (_, i) => cache.fetch(`k${i % 10}`, source.load, { signal: stop.signal }).catch(error => error.name))
  t.is(source.asked.length, 10)
  stop.abort()
  t.deepEqual(await Promise.all(calls), Array(1000).fill('AbortError'))
  t.is(source.asked.length, 10, 'nobody who had gone was made to load')
  await new Promise(setImmediate)
  process.off('warning', warn)
  t.deepEqual(warned.filter(({ name }) => name.includes('MaxListeners')), [])
})
