// unstorage's contract of a driver, through its storage; and what this driver promises beside it.
import test, { type ExecutionContext } from 'ava'
import { SharedCache } from 'shardmap'
import { sharedCacheDriver, type SharedCacheDriver } from 'shardmap/unstorage'
import { createStorage, restoreSnapshot, snapshot, type Driver, type Storage } from 'unstorage'
import { eventually } from './fixtures/eventually.js'
import { fresh, start } from './fixtures/threads.js'

const stores = new URL('./fixtures/stores.js', import.meta.url).href
const driverOf = (options = {}): SharedCacheDriver => sharedCacheDriver({ name: fresh('unstorage'), max: 10_000, ...options })
const keysOf = async (storage: Storage, base?: string, options?: object) => (await storage.getKeys(base, options)).sort()

// The contract is the same on a whole cache and on a part of one, with other keys around it.
const kinds = {
  'a cache of its own': () => driverOf(),
  'a base in a cache': () => {
    const cache = SharedCache.open<string, unknown>(fresh('unstorage'), { max: 10_000 })
    for (const key of ['other', 'part', 'parted:a', 'a']) cache.set(key, 'of others')
    return sharedCacheDriver({ cache, base: 'part' })
  },
}

for (const [kind, make] of Object.entries(kinds)) {
  const storageOf = () => {
    const driver: Driver = make()
    return createStorage({ driver })
  }
  const contract = (title: string, run: (t: ExecutionContext) => Promise<void>) => test(`contract of a driver, on ${kind}: ${title}`, run)

  contract('it is empty at first', async t => {
    const storage = storageOf()
    t.false(await storage.hasItem('s1:a'))
    t.is(await storage.getItem('s2:a'), null)
    t.is(await storage.getItemRaw('s2:a'), null)
    t.deepEqual(await storage.getKeys(), [])
  })

  contract('an item is set, had, got and removed, whatever query its key carries', async t => {
    const storage = storageOf()
    await storage.setItem('s1:a', 'data')
    await storage.setItem('/s3/a?q=1', 'other')
    t.true(await storage.hasItem('s1:a'))
    t.is(await storage.getItem('s1:a'), 'data')
    t.is(await storage.getItem('s3:a?q=2'), 'other')
    await storage.removeItem('s1:a')
    t.false(await storage.hasItem('s1:a'))
    t.is(await storage.getItem('s1:a'), null)
    await storage.removeItem('s1:a')
  })

  contract('keys, of all, under a base, and to a depth', async t => {
    const storage = storageOf()
    for (const key of ['top', 's1:a', 's1:b:c', 's2:a', 's1x:a']) await storage.setItem(key, 'data')
    t.deepEqual(await keysOf(storage), ['s1:a', 's1:b:c', 's1x:a', 's2:a', 'top'])
    t.deepEqual(await keysOf(storage, 's1'), ['s1:a', 's1:b:c'])
    t.deepEqual(await keysOf(storage, undefined, { maxDepth: 0 }), ['top'])
    t.deepEqual(await keysOf(storage, undefined, { maxDepth: 1 }), ['s1:a', 's1x:a', 's2:a', 'top'])
  })

  contract('values: objects, primitives, what has toJSON; a class without it is refused', async t => {
    const storage = storageOf()
    const values = { object: { json: 'works' }, yes: true, no: false, zero: 0, list: [1, 'two'] }
    for (const [key, value] of Object.entries(values)) {
      await storage.setItem(key, value)
      t.deepEqual(await storage.getItem(key), value)
    }
    await storage.setItem('dated', { toJSON: () => ({ as: 'json' }) })
    t.deepEqual(await storage.getItem('dated'), { as: 'json' })
    await t.throwsAsync(storage.setItem('bad', new (class {})() as any), { message: /Cannot stringify/ })
    await storage.setItem('object', undefined as any)
    t.false(await storage.hasItem('object'))
  })

  contract('raw values come back as they are', async t => {
    const storage = storageOf()
    await storage.setItemRaw('bytes', new Uint8Array([1, 2, 3]))
    t.deepEqual(await storage.getItemRaw('bytes'), new Uint8Array([1, 2, 3]))
    const value = { when: new Date(0), big: 10n }
    await storage.setItemRaw('any', value)
    t.deepEqual(await storage.getItemRaw('any'), value)
  })

  contract('many items at once, in the order they were asked for', async t => {
    const storage = storageOf()
    await storage.setItems<any>([{ key: 't:1', value: 'one' }, { key: 't:2', value: { two: 2 } }, { key: 't:1', value: 'last' }])
    t.deepEqual(await storage.getItems([{ key: 't:2' }, 't:1?q', 'no']), [
      { key: 't:2', value: { two: 2 } },
      { key: 't:1', value: 'last' },
      { key: 'no', value: null },
    ] as any)
  })

  contract('clear, of all and under a base, also of nothing', async t => {
    const driver = make()
    const storage = createStorage({ driver })
    for (const key of ['s1:a', 's1:b', 's2:a']) await storage.setItem(key, 'data')
    driver.clear('s1:')
    t.deepEqual(await keysOf(storage), ['s2:a'])
    await storage.clear()
    await storage.clear()
    t.deepEqual(await storage.getKeys(), [])
  })

  contract('a snapshot is taken and restored', async t => {
    const storage = storageOf()
    await restoreSnapshot(storage, { initial: 'works', 'a:b': { c: 1 } })
    t.deepEqual(await snapshot(storage, ''), { initial: 'works', 'a:b': { c: 1 } } as any)
  })

  contract('it can be mounted, and unmounted', async t => {
    const storage = createStorage().mount('cache', make())
    await storage.setItem('cache:a', 1)
    await storage.setItem('elsewhere', 2)
    t.deepEqual(await keysOf(storage), ['cache:a', 'elsewhere'])
    await storage.unmount('cache')
    t.is(await storage.getItem('cache:a'), null)
  })
}

test('threads whose drivers have one name have one storage', async t => {
  const name = fresh('unstorage')
  const storage = createStorage({ driver: driverOf({ name }) })
  await storage.setItem('a', { from: 'main' })
  t.deepEqual(await start(stores, 'stores', { name, key: 'a', value: { from: 'worker' } }).done, { from: 'main' })
  t.deepEqual(await storage.getItem('a'), { from: 'worker' })
})

test('a ttl is in seconds, for one item and for many; getMeta tells what is left', async t => {
  const driver = driverOf()
  const storage = createStorage({ driver })
  await storage.setItem('a', 1, { ttl: 60 })
  await storage.setItemRaw('raw', 1, { ttl: 60 })
  await storage.setItem('none', 1, { ttl: 0 })
  await storage.setItems([{ key: 'own', value: 1, options: { ttl: 10 } }, { key: 'common', value: 1 }], { ttl: 100 })
  const left = async (key: string) => (await storage.getMeta(key, { nativeOnly: true })).ttl
  for (const [key, seconds] of [['a', 60], ['raw', 60], ['own', 10], ['common', 100]] as const) {
    const ttl = await left(key)
    t.true(ttl! > seconds - 9 && ttl! <= seconds, `${key}: ${ttl}`)
  }
  t.is(await left('none'), undefined)
  t.is(driver.getMeta('absent'), null)
  await storage.setItem('short', 1, { ttl: 0.02 })
  await eventually(async () => !(await storage.hasItem('short')))
  t.is(await storage.getItem('short'), null)
})

test('clear of a driver with a base removes its items alone, by their tag', async t => {
  const cache = SharedCache.open<string, unknown>(fresh('unstorage'), { max: 100 })
  cache.set('elsewhere', 1)
  const [a, b] = ['a', 'b:'].map(base => sharedCacheDriver({ cache, base }))
  for (const driver of [a, b]) for (const key of ['x', 'y:z']) driver.setItem(key, 'data')
  a.clear('')
  t.deepEqual([...cache.keys()].sort(), ['b:x', 'b:y:z', 'elsewhere'])
  t.is(cache.stats().evictions.invalidated, 2)
})

test('an item too large is refused by name, its old value goes, the others of a setItems are stored', t => {
  const driver = driverOf({ maxEntryBytes: 2000 })
  const large = 'x'.repeat(10_000)
  driver.setItem('a', 'small')
  t.throws(() => driver.setItem('a', large), { code: 'ERR_SHARDMAP_FULL', message: /\ba\b/ })
  t.is(driver.getItem('a'), null)
  const error = t.throws(() => driver.setItems([{ key: 'b', value: '1' }, { key: 'c', value: large }]), { code: 'ERR_SHARDMAP_FULL' })
  t.deepEqual((error as any).keys, ['c'])
  t.deepEqual(driver.getItems([{ key: 'b' }, { key: 'c' }]), [{ key: 'b', value: '1' }, { key: 'c', value: null }])
})

test('watch tells of own writes, and of what other threads replace or remove; not of other drivers; and it ends', async t => {
  const name = fresh('unstorage')
  const storage = createStorage({ driver: driverOf({ name, base: 'mine' }) })
  const seen: string[] = []
  const stop = await storage.watch((event, key) => seen.push(`${event} ${key}`))
  const has = (...events: string[]) => eventually(() => events.every(event => seen.includes(event)))
  await storage.setItem('a', 1)
  await storage.setItems([{ key: 'b', value: 1 }])
  await has('update a', 'update b')
  seen.length = 0
  await start(stores, 'stores', { name, base: 'mine', key: 'a', value: 2 }).done
  await has('update a')
  await start(stores, 'removes', { name, base: 'mine', keys: ['a', 'b'] }).done
  await has('remove a', 'remove b')
  SharedCache.open<string, unknown>(name).set('other:a', 1).delete('other:a')
  await storage.setItem('c', 1, { ttl: 0.02 })
  await has('remove c')
  t.false(seen.some(event => event.includes('other')), 'events come in order: those of the other key would be here')
  await stop()
  seen.length = 0
  await storage.setItem('d', 1)
  t.deepEqual(seen, [])
})

test('dispose closes the handle of the driver and keeps the items; a cache that was given stays open', async t => {
  const cache = SharedCache.open<string, unknown>(fresh('unstorage'), { max: 100 })
  const own = createStorage({ driver: sharedCacheDriver({ name: cache.name }) })
  await own.setItem('a', 'data')
  await own.dispose()
  await t.throwsAsync(async () => own.getItem('a'), { code: 'ERR_SHARDMAP_CLOSED' })
  const driver = sharedCacheDriver({ cache })
  driver.watch(() => t.fail('nobody watches any more'))
  driver.dispose()
  t.is(cache.get('a'), 'data')
  cache.delete('a')
})
