// What the stores for Keyv promise beside Keyv's own suite, which conformance/ runs.
import test from 'ava'
import { Keyv, type KeyvStoreAdapter } from 'keyv'
import { SharedCache } from 'shardmap'
import { SharedCacheStorage, SharedCacheStore } from 'shardmap/keyv'
import { eventually } from './fixtures/eventually.js'
import { fresh, start } from './fixtures/threads.js'

const stores = new URL('./fixtures/stores.js', import.meta.url).href
const collect = async (entries: AsyncIterable<any>): Promise<any[]> => {
  const all = []
  for await (const entry of entries) all.push(entry)
  return all.sort(([a], [b]) => (a < b ? -1 : 1))
}

test('Keyv 5 takes the store, also by its types', async t => {
  const store: KeyvStoreAdapter = new SharedCacheStore({ name: fresh('keyv'), max: 100 })
  const keyv = new Keyv<{ n: number }>({ store })
  t.true(await keyv.set('a', { n: 1 }))
  t.deepEqual(await keyv.get('a'), { n: 1 })
})

test('threads whose stores have one name have one cache', async t => {
  const name = fresh('keyv')
  const keyv = new Keyv({ store: new SharedCacheStore({ name, max: 100 }) })
  await keyv.set('a', { from: 'main' })
  t.deepEqual(await start(stores, 'readsAndWrites', { name, key: 'a', value: { from: 'worker' } }).done, { from: 'main' })
  t.deepEqual(await keyv.get('a'), { from: 'worker' })
})

test('clear removes the entries of its namespace, whichever thread wrote them, and no others', async t => {
  const name = fresh('keyv')
  const cache = SharedCache.open<string, unknown>(name, { max: 1000 })
  const [one, two] = ['one', 'two'].map(namespace => new Keyv({ store: new SharedCacheStore({ name }), namespace }))
  for (const keyv of [one, two]) await keyv.setMany(Array.from({ length: 10 }, (_, i) => ({ key: `k${i}`, value: i })))
  cache.set('one:looks like one of them', 0)
  await start(stores, 'clears', { name, namespace: 'one' }).done
  t.deepEqual(await one.get(['k0', 'k9']), [undefined, undefined])
  t.deepEqual(await two.get(['k0', 'k9']), [0, 9])
  t.is(cache.size, 11, 'what Keyv did not write stays')
  t.is(cache.stats().evictions.invalidated, 10, 'by their tag, not by a pass over all')
})

test('clear without a namespace removes all entries of the cache', async t => {
  const store = new SharedCacheStore({ name: fresh('keyv'), max: 100 })
  store.cache.set('a', 1)
  await store.set('b', 2)
  await store.clear()
  t.is(store.cache.size, 0)
})

test('keys without a prefix are cleared by their namespace too', async t => {
  const keyv = new Keyv({ store: new SharedCacheStore({ name: fresh('keyv'), max: 100 }), namespace: 'plain', useKeyPrefix: false })
  await keyv.set('a', 1)
  t.is(keyv.store.cache.size, 1)
  t.true(keyv.store.cache.has('a'))
  await keyv.clear()
  t.is(keyv.store.cache.size, 0)
})

test('the cache itself keeps the time: an entry ends at its ttl though Keyv is told of none', async t => {
  const store = new SharedCacheStore({ name: fresh('keyv'), max: 100 })
  await store.set('short', 1, 20)
  await store.set('long', 1, 3_600_000)
  await store.set('none', 1)
  t.true(store.cache.getRemainingTTL('short') <= 20)
  t.true(store.cache.getRemainingTTL('long') > 3_500_000)
  t.is(store.cache.getRemainingTTL('none'), Infinity)
  await eventually(async () => !(await store.has('short')))
  t.is(await store.get('short'), undefined)
  t.deepEqual(await store.hasMany(['long', 'none']), [true, true])
})

test('without a ttl of Keyv the ttl of the cache holds', async t => {
  const store = new SharedCacheStore({ name: fresh('keyv'), max: 100, ttl: 1000 })
  await new Keyv({ store }).set('a', 1)
  t.true(store.cache.getRemainingTTL('keyv:a') <= 1000)
})

test('a ttl that is over when it is set removes the entry', async t => {
  const store = new SharedCacheStore({ name: fresh('keyv'), max: 100 })
  for (const ttl of [0, -1]) {
    await store.set('a', 'old')
    t.true(await store.set('a', 'new', ttl))
    t.is(await store.get('a'), undefined)
    await store.set('a', 'old')
    t.deepEqual(await store.setMany([{ key: 'a', value: 'new', ttl }, { key: 'b', value: 1 }]), [true, true])
    t.deepEqual(await store.getMany(['a', 'b']), [undefined, 1])
  }
})

test('setMany keeps a ttl for each entry, and the last of one key', async t => {
  const store = new SharedCacheStore({ name: fresh('keyv'), max: 100 })
  const result = await new Keyv({ store, namespace: undefined }).setMany([
    { key: 'a', value: 1, ttl: 1000 },
    { key: 'b', value: 2 },
    { key: 'a', value: 3, ttl: 5000 },
    { key: 'c', value: 4, ttl: 5000 },
    { key: 'a', value: 5 },
  ])
  t.deepEqual(result, [true, true, true, true, true])
  t.deepEqual((await store.getMany(['a', 'b', 'c'])).map(raw => JSON.parse(raw).value), [5, 2, 4])
  t.is(store.cache.getRemainingTTL('a'), Infinity)
  t.true(store.cache.getRemainingTTL('c') > 1000)
})

test('a value too large is not stored, the old one goes, and the others of a setMany are stored', async t => {
  const errors: unknown[] = []
  const keyv = new Keyv({ store: new SharedCacheStore({ name: fresh('keyv'), max: 100, maxEntryBytes: 2000 }) })
  keyv.on('error', error => errors.push(error))
  await keyv.set('a', 'small')
  t.false(await keyv.set('a', 'x'.repeat(10_000)))
  t.is(await keyv.get('a'), undefined)
  const result = await keyv.setMany([{ key: 'a', value: 1 }, { key: 'b', value: 'x'.repeat(10_000) }, { key: 'c', value: 3 }])
  t.deepEqual(result, [true, false, true])
  t.deepEqual(await keyv.get(['a', 'b', 'c']), [1, undefined, 3])
  t.deepEqual(errors, [], 'a cache that does not keep something is no error')
})

test('a value that cannot be stored is an error, and leaves what was there', async t => {
  const keyv = new Keyv({ store: new SharedCacheStore({ name: fresh('keyv'), max: 100 }), serialize: undefined, deserialize: undefined, throwOnErrors: true })
  keyv.on('error', () => {})
  await keyv.set('a', 1)
  await t.throwsAsync(keyv.set('a', () => {}), { code: 'ERR_SHARDMAP_VALUE' })
  t.is(await keyv.get('a'), 1)
})

test('without serialization by Keyv any value goes in, and comes back as the cache gives it', async t => {
  const keyv = new Keyv({ store: new SharedCacheStore({ name: fresh('keyv'), max: 100 }), serialize: undefined, deserialize: undefined })
  const value = { when: new Date(0), big: 2n ** 70n, bytes: new Uint8Array([1, 2]), set: new Set([1]) }
  await keyv.set('a', value)
  t.deepEqual(await keyv.get('a'), value)
  await keyv.set('b', { list: [1, 2] })
  t.true(Object.isFrozen((await keyv.get('b')).list))
})

test('the iterator gives the entries of its namespace alone, also where one is the beginning of another', async t => {
  const name = fresh('keyv')
  const [a, ab, none] = ['a', 'ab', undefined].map(namespace => new Keyv(new SharedCacheStore({ name, max: 100 }), { namespace }))
  await a.set('x', 1)
  await ab.set('a', 2)
  await ab.set('y', 3)
  none.store.cache.set(['not', 'a string'], 4)
  t.deepEqual(await collect(a.iterator!(undefined)), [['x', 1]])
  t.deepEqual(await collect(ab.iterator!(undefined)), [['a', 2], ['y', 3]])
  t.deepEqual((await collect(none.store.iterator())).map(([key]) => key), ['a:x', 'ab:a', 'ab:y'])
})

test('deleteMany tells whether all were there; delete and has tell of one', async t => {
  const store = new SharedCacheStore({ name: fresh('keyv'), max: 100 })
  const three = () => store.setMany(['a', 'b', 'c'].map(key => ({ key, value: key })))
  await three()
  t.true(await store.deleteMany(['a', 'b']))
  t.false(await store.deleteMany(['b', 'c']))
  t.false(await store.has('c'), 'those that were there are deleted all the same')
  await three()
  t.deepEqual([await store.delete('a'), await store.delete('a'), await store.has('b')], [true, false, true])
})

test('disconnect closes the handle of the store and keeps the entries; a cache that was given stays open', async t => {
  const name = fresh('keyv')
  const cache = SharedCache.open<string, unknown>(name, { max: 100 })
  const keyv = new Keyv({ store: new SharedCacheStore({ name }) })
  await keyv.set('a', 1)
  await keyv.disconnect()
  await t.throwsAsync(async () => keyv.store.get('a'), { code: 'ERR_SHARDMAP_CLOSED' })
  t.true(cache.has('keyv:a'))
  await new SharedCacheStore({ cache }).disconnect()
  await new SharedCacheStorage({ cache }).disconnect()
  t.true(cache.has('keyv:a'))
})

test('an option that is wrong is refused as by SharedCache.open', t => {
  t.throws(() => new SharedCacheStore({ name: fresh('keyv') }), { code: 'ERR_SHARDMAP_OPTION' })
  t.throws(() => new SharedCacheStorage({ name: fresh('keyv'), max: 10, size: 1 } as any), { code: 'ERR_SHARDMAP_OPTION' })
})

test('the store for Keyv 6 takes absolute times, and tells Keyv so', async t => {
  const store = new SharedCacheStorage({ name: fresh('keyv6'), max: 100 })
  t.true(store.capabilities.expires)
  t.true(await store.set('a', 1, Date.now() + 5000))
  const left = store.cache.getRemainingTTL('a')
  t.true(left > 0 && left <= 5000)
  t.true(await store.set('a', 2, Date.now() - 1))
  t.is(await store.get('a'), undefined, 'one that is over removes the entry')
  t.deepEqual(await store.setMany([{ key: 'a', value: 1, expires: Date.now() + 5000 }, { key: 'b', value: 2, expires: undefined }]), [true, true])
  t.is(store.cache.getRemainingTTL('b'), Infinity)
})

test('the store for Keyv 6 refuses a duration, which Keyv 5 would give it', async t => {
  const store = new SharedCacheStorage({ name: fresh('keyv6'), max: 100 })
  await t.throwsAsync(store.set('a', 1, 60_000), { code: 'ERR_SHARDMAP_OPTION', message: /SharedCacheStore$/ })
  t.false(await store.has('a'))
})

test('the store for Keyv 6 keeps namespaces apart itself, whatever is in their names', async t => {
  const name = fresh('keyv6')
  const [a, ab, none] = ['a', 'a:b', undefined].map(namespace => Object.assign(new SharedCacheStorage({ name, max: 100 }), { namespace }))
  await a.set('b:c', 1)
  await ab.set('c', 2)
  await none.set('a:b:c', 3)
  t.deepEqual([await a.get('b:c'), await ab.get('c'), await none.get('a:b:c')], [1, 2, 3])
  t.deepEqual([await collect(a.iterator()), await collect(ab.iterator()), await collect(none.iterator())], [[['b:c', 1]], [['c', 2]], [['a:b:c', 3]]])
  await ab.clear()
  t.deepEqual([await a.has('b:c'), await ab.has('c'), await none.has('a:b:c')], [true, false, true])
  t.deepEqual(await a.deleteMany(['b:c', 'no']), [true, false])
})
