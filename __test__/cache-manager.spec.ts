// cache-manager, and through it the cache of Nest, on a cache of the whole process.
import test from 'ava'
import { createCache } from 'cache-manager'
import { Keyv } from 'keyv'
import { SharedCacheStore } from 'shardmap/keyv'
import { eventually } from './fixtures/eventually.js'
import { fresh } from './fixtures/threads.js'

const storeOf = (name = fresh('manager')) => new SharedCacheStore({ name, max: 1000 })
const cacheOn = (store: SharedCacheStore, options = {}) => createCache({ stores: [new Keyv({ store })], ...options })

test('it sets, gets, deletes and clears, one and many', async t => {
  const cache = cacheOn(storeOf())
  await cache.set('a', { n: 1 })
  t.deepEqual(await cache.get('a'), { n: 1 })
  await cache.mset([{ key: 'b', value: 2 }, { key: 'c', value: 3, ttl: 60_000 }])
  t.deepEqual(await cache.mget(['b', 'no', 'c']), [2, undefined, 3])
  t.true(await cache.del('a'))
  t.true(await cache.mdel(['b']))
  t.deepEqual(await cache.mget(['a', 'b', 'c']), [undefined, undefined, 3])
  await cache.clear()
  t.is(await cache.get('c'), undefined)
})

test('a ttl in milliseconds, per call and of the whole, ends an entry in the cache itself', async t => {
  const store = storeOf()
  const cache = cacheOn(store, { ttl: 60_000 })
  await cache.set('own', 1, 20)
  await cache.set('whole', 2)
  t.true(store.cache.getRemainingTTL('keyv:own') <= 20)
  t.true(store.cache.getRemainingTTL('keyv:whole') > 50_000)
  const expires = await cache.ttl('whole')
  t.true(expires! > Date.now() + 50_000)
  await eventually(async () => (await cache.get('own')) === undefined)
  t.false(store.cache.has('keyv:own'))
})

test('wrap calls its function once, and two caches of one name share what it gave', async t => {
  const name = fresh('manager')
  const [one, two] = [cacheOn(storeOf(name)), cacheOn(storeOf(name))]
  let calls = 0
  const load = async () => ({ call: ++calls })
  t.deepEqual(await one.wrap('k', load, 60_000), { call: 1 })
  t.deepEqual(await one.wrap('k', load, 60_000), { call: 1 })
  t.deepEqual(await two.wrap('k', load, 60_000), { call: 1 })
  t.is(calls, 1)
})

test('in a tier before another store, what is only there comes from it', async t => {
  const store = storeOf()
  const behind = new Keyv()
  const cache = createCache({ stores: [new Keyv({ store }), behind] })
  await behind.set('a', 'from behind')
  t.is(await cache.get('a'), 'from behind')
  await cache.set('b', 1)
  t.is(await behind.get('b'), 1)
  t.true(store.cache.has('keyv:b'))
})

test('disconnect lets go of the cache', async t => {
  const store = storeOf()
  const cache = cacheOn(store)
  await cache.disconnect()
  await t.throwsAsync(() => store.get('a'), { code: 'ERR_SHARDMAP_CLOSED' })
})
