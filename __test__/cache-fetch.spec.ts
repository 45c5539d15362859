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

test('who waits for a load that was overtaken gets what was set meanwhile, and loads nothing', async t => {
  const cache = open()
  const [before, after, forced] = [new Source(), new Source(), new Source()]
  const early = cache.fetch('a', before.load)
  cache.delete('a')
  const late = cache.fetch('a', after.load)
  const refresh = cache.fetch('a', forced.load, { forceRefresh: true })
  cache.set('a', 'set')
  before.last.answer.resolve('old')
  t.is(await early, 'old')
  t.is(await late, 'set')
  t.is(after.asked.length, 0)
  await until('who wants it anew loads', () => forced.asked.length === 1)
  t.is(cache.get('a'), 'set')
  forced.last.answer.resolve('new')
  t.is(await refresh, 'new')
  t.is(cache.get('a'), 'new')
})

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
