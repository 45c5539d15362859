// fetch, in one thread.
import test from 'ava'
import { AsyncLocalStorage } from 'node:async_hooks'
import { SharedCache, ShardmapError } from 'shardmap'
import { Deferred, nears, open, Source, until } from './fixtures/caches.js'

for (const near of nears) {
  test(`fetch loads what is not there, once, and gives it as get does (near ${near})`, async t => {
    const cache = open({ max: 100, near })
    let loads = 0
    const load = async (key: string) => ({ key, n: ++loads, list: [1, { x: 2 }] })
    for (let round = 0; round < 4; round++) t.deepEqual(await cache.fetch('a', load), { key: 'a', n: 1, list: [1, { x: 2 }] })
    t.is(loads, 1)
    t.true(Object.isFrozen((await cache.fetch('a', load)).list[1]))
    t.true(Object.isFrozen((await cache.fetch('b', load)).list[1]), 'also what was just loaded')
    t.deepEqual(cache.get('a'), { key: 'a', n: 1, list: [1, { x: 2 }] })
    const { hits, misses, loads: counted, loadErrors, nearHits } = cache.stats()
    t.deepEqual([hits, misses, counted, loadErrors], [5, 2, 2, 0])
    t.true(near === 0 ? nearHits === 0 : nearHits >= 3)
    t.deepEqual(await cache.fetch(['a', 1], key => [key]), [['a', 1]])
    t.deepEqual(await cache.fetch(['a', 1], () => t.fail()), [['a', 1]])
  })
}

test('a loader may be sync, a thenable, or give undefined', async t => {
  const cache = open()
  t.is(await cache.fetch('sync', () => 5), 5)
  t.is(await cache.fetch('thenable', () => ({ then: (resolve: any) => resolve('then') }) as any), 'then')
  t.is(await cache.fetch('undefined', () => undefined), undefined)
  t.true(cache.has('undefined'))
  t.is(await cache.fetch('undefined', () => t.fail('a stored undefined is a value')), undefined)
  const date = await cache.fetch('date', () => ({ at: new Date(5) }))
  date.at.setTime(9)
  t.is(cache.get('date').at.getTime(), 5)
  const bytes = new Uint8Array([1])
  const loaded = await cache.fetch('bytes', () => bytes)
  bytes[0] = 9
  t.deepEqual([loaded, cache.get('bytes')], [new Uint8Array([1]), new Uint8Array([1])])
})

test('those who ask meanwhile wait for the one load, and get values of their own where they are not frozen', async t => {
  const cache = open()
  const source = new Source()
  const other = SharedCache.open<any, any>(cache.name)
  const calls = [cache.fetch('a', source.load), cache.fetch('a', source.load), other.fetch('a', source.load), cache.fetch('a', source.load, { forceRefresh: true })]
  t.is(source.asked.length, 1)
  t.is(source.last.key, 'a')
  t.is(source.last.stale, undefined)
  t.false(source.last.signal.aborted)
  source.last.answer.resolve({ at: new Date(5) })
  const values = await Promise.all(calls)
  t.deepEqual(values, calls.map(() => ({ at: new Date(5) })))
  t.is(new Set(values).size, 4)
  t.is(cache.stats().loads, 1)
})

test('a throw reaches all who wait and is not stored', async t => {
  const cache = open()
  const source = new Source()
  const calls = [1, 2, 3].map(() => t.throwsAsync(cache.fetch('a', source.load), { instanceOf: TypeError, message: 'no' }))
  source.last.answer.reject(new TypeError('no'))
  await Promise.all(calls)
  t.false(cache.has('a'))
  t.deepEqual([cache.stats().loads, cache.stats().loadErrors], [1, 1])
  const sync = () => { throw new RangeError('at once') }
  const error = await t.throwsAsync(cache.fetch('a', sync), { instanceOf: RangeError })
  t.is(error?.message, 'at once')
  t.is(await cache.fetch('a', () => 'later'), 'later')
})

test('a value that cannot be stored is ERR_SHARDMAP_VALUE to all, and not stored', async t => {
  const cache = open()
  for (const bad of [() => 1, Symbol('s'), { deep: [() => 1] }, cache]) {
    const source = new Source()
    const calls = [1, 2].map(() => t.throwsAsync(cache.fetch('a', source.load), { instanceOf: ShardmapError, code: 'ERR_SHARDMAP_VALUE' }))
    source.last.answer.resolve(bad)
    await Promise.all(calls)
    t.false(cache.has('a'))
  }
})

test('a value beyond the bounds answers all who wait, is not stored, and the old one goes', async t => {
  const cache = open({ max: 10, maxEntryBytes: 1000 })
  cache.set('a', 'old')
  const source = new Source()
  const calls = [1, 2].map(() => cache.fetch('a', source.load, { forceRefresh: true }))
  source.last.answer.resolve('x'.repeat(5000))
  t.deepEqual(await Promise.all(calls), Array(2).fill('x'.repeat(5000)))
  t.false(cache.has('a'))
  t.is(cache.size, 0)
})

const changes: [string, (cache: SharedCache<any, any>) => unknown, after: unknown][] = [
  ['set', cache => cache.set('a', 'written'), 'written'],
  ['setMany', cache => cache.setMany([['a', 'written']]), 'written'],
  ['delete', cache => cache.delete('a'), undefined],
  ['clear', cache => cache.clear(), undefined],
  ['invalidateTag of the load', cache => cache.invalidateTag('t'), undefined],
  ['increment', cache => cache.increment('a'), 1],
]
for (const [what, change, after] of changes) {
  test(`${what} during a load: the result goes to those who wait and is not stored`, async t => {
    const cache = open()
    const source = new Source()
    const calls = [1, 2].map(() => cache.fetch('a', source.load, { tags: ['t'] }))
    change(cache)
    t.is(cache.peek('a'), after)
    source.last.answer.resolve('loaded')
    t.deepEqual(await Promise.all(calls), ['loaded', 'loaded'])
    t.is(cache.peek('a'), after)
    cache.delete('a')
    t.is(await cache.fetch('a', () => 'next'), 'next')
    t.is(cache.peek('a'), 'next')
  })
}

test('who asks after a write waits for the load that is on its way, and then loads anew', async t => {
  const cache = open()
  const [before, after] = [new Source(), new Source()]
  const early = cache.fetch('a', before.load)
  cache.delete('a')
  const late = [1, 2].map(() => cache.fetch('a', after.load))
  t.is(after.asked.length, 0)
  before.last.answer.resolve('old')
  t.is(await early, 'old')
  await until('the next one loads', () => after.asked.length === 1)
  after.last.answer.resolve('new')
  t.deepEqual(await Promise.all(late), ['new', 'new'])
  t.is(cache.peek('a'), 'new')
  t.is(after.asked.length, 1)
})

test('invalidateTag of another tag, and writes of other keys, leave a load alone', async t => {
  const cache = open()
  const source = new Source()
  const call = cache.fetch('a', source.load, { tags: ['t'] })
  cache.invalidateTag('u')
  cache.set('b', 1)
  cache.delete('c')
  source.last.answer.resolve('loaded')
  await call
  t.is(cache.peek('a'), 'loaded')
  t.is(cache.invalidateTag('t'), 1)
})

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

test('forceRefresh loads although there is a fresh value, which stays until then', async t => {
  const cache = open()
  cache.set('a', 'old')
  t.is(cache.get('a'), 'old')
  const source = new Source()
  const call = cache.fetch('a', source.load, { forceRefresh: true })
  t.is(source.asked.length, 1)
  t.is(cache.get('a'), 'old')
  t.is(await cache.fetch('a', () => t.fail()), 'old')
  source.last.answer.resolve('new')
  t.is(await call, 'new')
  t.is(cache.get('a'), 'new')
  await t.throwsAsync(cache.fetch('a', () => { throw new Error('no') }, { forceRefresh: true }), { message: 'no' })
  t.is(cache.get('a'), 'new')
})

test('a loader that fetches its own key rejects with ERR_SHARDMAP_LOCKED and says why', async t => {
  const cache = open()
  const key = ['k', 1]
  const error = await t.throwsAsync<ShardmapError>(cache.fetch(key, () => cache.fetch(['k', 1], () => 1)), { instanceOf: ShardmapError, code: 'ERR_SHARDMAP_LOCKED' })
  t.regex(error!.message, /loader/)
  t.deepEqual(error!.keys, [key])
  const other = SharedCache.open<any, any>(cache.name)
  const later = async () => { await new Promise(setImmediate); return other.fetch('a', () => 1) }
  await t.throwsAsync(cache.fetch('a', later), { code: 'ERR_SHARDMAP_LOCKED' }, 'later, by another handle')
  await t.throwsAsync(cache.fetch('a', () => cache.fetch('b', () => cache.fetch('c', () => cache.fetch('a', () => 1)))), { code: 'ERR_SHARDMAP_LOCKED' }, 'through others')
  cache.set('fresh', 1)
  await t.throwsAsync(cache.fetch('fresh', () => cache.fetch('fresh', () => 1), { forceRefresh: true }), { code: 'ERR_SHARDMAP_LOCKED' }, 'also of a fresh value')
  t.is(cache.get('a'), undefined)
})

test('a loader may fetch other keys, the same key of another cache, and its own when its load is over', async t => {
  const [cache, other] = [open(), open()]
  t.is(await cache.fetch('a', async () => (await cache.fetch('b', () => 1)) + (await other.fetch('a', () => 2))), 3)
  t.is(await cache.fetch('1', async () => (await cache.fetch(1, () => 1)) + (await cache.fetch(['1'], () => 2))), 3)
  const after = new Deferred()
  t.is(await cache.fetch('later', () => {
    setTimeout(() => cache.fetch('later', () => t.fail()).then(after.resolve, after.reject), 1)
    return 'done'
  }), 'done')
  t.is(await after.promise, 'done')
  const stop = new AbortController()
  const afterAbort = new Deferred()
  const abandoned = cache.fetch('abandoned', async () => {
    stop.abort()
    return cache.fetch('abandoned', () => 'inner').then(afterAbort.resolve, afterAbort.reject)
  }, { signal: stop.signal })
  await t.throwsAsync(abandoned, { name: 'AbortError', any: true })
  t.is(await afterAbort.promise, 'inner')
})

test('a loader runs in the async context of its own call, also when it takes over', async t => {
  const cache = open()
  const request = new AsyncLocalStorage<string>()
  const stop = new AbortController()
  const leads = request.run('first', () => cache.fetch('a', () => new Promise(() => {}), { signal: stop.signal }))
  const takesOver = request.run('second', () => cache.fetch('a', async () => { await Promise.resolve(); return request.getStore() }))
  stop.abort()
  await leads.catch(() => {})
  t.is(await takesOver, 'second')
})

test('a loader that changes its key loads the one that was asked for', async t => {
  const cache = open()
  t.is(await cache.fetch(['a', 1] as any, (key: any) => { key[0] = 'b'; key.length = 1; return 'loaded' }), 'loaded')
  t.is(cache.get(['a', 1]), 'loaded')
  const key: any = new Uint8Array([1])
  await cache.fetch(key, (own: any) => { own[0] = 2; key[0] = 3; return 'bytes' })
  t.is(cache.get(new Uint8Array([1])), 'bytes')
  t.is(cache.size, 2)
})

test('a getter of a loaded value, or of what was thrown, that ends its own load does no harm', async t => {
  const cache = open()
  for (const [wrap, get] of [[(o: object) => o, 'resolve'], [(o: object) => Object.assign(Object.create(Error.prototype), {}, Object.defineProperties({}, Object.getOwnPropertyDescriptors(o))), 'reject']] as const) {
    const stop = new AbortController()
    const source = new Source()
    const call = cache.fetch('a', source.load, { signal: stop.signal })
    const waits = cache.fetch('a', () => 'second')
    source.last.answer[get](wrap({ get g() { stop.abort(); return 1 } }))
    await Promise.allSettled([call])
    const got = await waits.catch(error => error)
    t.true(got === 'second' || get === 'reject', String(got))
    cache.delete('a')
  }
  await t.throwsAsync(cache.fetch('b', () => ({ get g() { throw new RangeError('mine') } })), { instanceOf: RangeError, message: 'mine' })
  t.false(cache.has('b'))
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
