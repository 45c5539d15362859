// No name in data becomes a prototype, an accessor or a method: through every way in and out (CVE-2021-21368 of msgpack5; GHSA-8hq7-ggx2-cc6m: a part of the options
// given must not weaken the rest).
import test from 'ava'
import { Keyv } from 'keyv'
import { SharedCache, SharedMap, SnapshotMap } from 'shardmap'
import { SharedCacheStorage, SharedCacheStore } from 'shardmap/keyv'
import { sharedCacheDriver } from 'shardmap/unstorage'
import { folder } from './fixtures/files.js'
import { named, names, poisons, shapes, told } from './fixtures/poison.js'
import { fresh } from './fixtures/threads.js'

const openMap = () => SharedMap.open<any, any>(fresh('map'), { near: 0 })
const openVersions = (options = {}) => SnapshotMap.open<any, any>(fresh('versions'), { near: 0, ...options })
const openCache = (options = {}) => SharedCache.open<any, any>(fresh('cache'), { max: 1000, near: 0, ...options })

// Before the others: for an instant it pollutes what all of them use.
test.serial('a decoder that assigns what it reads is caught by these tests', async t => {
  // Deno has no accessor __proto__: what an assignment does elsewhere is done here in all of them.
  const read = (from: any, key: string): any => (key === '__proto__' ? Object.getPrototypeOf(from) : from[key])
  const assign = (to: any, key: string, value: any): void => {
    if (key !== '__proto__') to[key] = value
    else if (typeof value === 'object') Object.setPrototypeOf(to, value)
  }
  const assigned = (value: any): any => {
    if (typeof value !== 'object' || value === null) return value
    const made: any = {}
    for (const key of Object.keys(value)) assign(made, key, assigned(value[key]))
    return made
  }
  t.true((await poisons(assigned)).some(fault => fault.startsWith('__proto__ (top)')))
  const merged = (into: any, value: any): any => {
    for (const key of Object.keys(value)) typeof value[key] === 'object' && typeof read(into, key) === 'object' ? merged(read(into, key), value[key]) : assign(into, key, value[key])
    return into
  }
  t.true((await poisons(value => merged({}, value))).some(fault => fault.endsWith('polluted every object')))
  t.deepEqual(await poisons(structuredClone), [])
})

const ways: Record<string, () => (value: any) => unknown> = {
  'SharedMap.get': () => { const map = openMap(); return value => map.set('k', value).get('k') },
  'a near cache': () => { const map = SharedMap.open<any, any>(fresh('map')); return value => (map.set('k', value).get('k'), map.get('k')) },
  'getMany': () => { const map = openMap(); return value => (map.setMany([['k', value]]), [...(map.getMany(['k']) as any).values()].pop()) },
  'entries': () => { const map = openMap(); return value => [...map.set('k', value)][0][1] },
  'scan': () => { const map = openMap(); return value => [...map.set(['a', 'k'], value).scan(['a'])][0][1] },
  'swap, update and compareAndSet': () => {
    const map = openMap()
    return value => (map.set('k', 0), map.update('k', () => value), map.compareAndSet('k', map.get('k'), map.get('k')), map.swap('k', 0))
  },
  'a snapshot of a SharedMap': () => { const map = openMap(); return value => map.set('k', value).snapshot().get('k') },
  'a batch': () => { const map = openMap(); return value => { const batch = map.batch(); const got = batch.set('k', value).get('k'); batch.flush(); return got ?? map.get('k') } },
  'a commit': () => { const map = openVersions(); return async value => (await map.commit([['k', value]]), map.get('k')) },
  'a transaction': () => { const map = openVersions(); return async value => { let got; await map.commit(tx => { tx.set('k', value); got = tx.get('k') }); return got } },
  'changes of versions': () => {
    const map = openVersions()
    return async value => { const version = await map.commit([['k', value]]); return ([...map.changes(version - 1n)][0] as any)?.after ?? map.get('k') }
  },
  'a delta': () => async value => {
    const [one, two] = [openVersions(), openVersions()]
    await one.commit([['k', value]])
    await two.applyDelta(one.exportDelta(0n))
    return two.get('k')
  },
  'SharedCache.get': () => { const cache = openCache(); return value => cache.set('k', value).get('k') },
  'a fetch': () => { const cache = openCache(); return value => cache.fetch('k', () => value, { forceRefresh: true }) },
  'an error of a loader, to others who wait': () => {
    const cache = openCache()
    return async value => {
      let fail!: (error: unknown) => void
      const load = () => new Promise((_, reject) => { fail = reject })
      const all = Promise.allSettled([cache.fetch('k', load), cache.fetch('k', load)])
      fail(Object.assign(new Error('it'), { part: value }))
      return ((await all)[1] as PromiseRejectedResult).reason.part
    }
  },
  'the store for Keyv 5': () => { const keyv = new Keyv({ store: new SharedCacheStore({ cache: openCache() }), serialize: undefined, deserialize: undefined } as any); return async value => (await keyv.set('k', value), keyv.get('k')) },
  'the store for Keyv 6': () => { const store = new SharedCacheStorage({ cache: openCache() }); return async value => (await store.set('k', value), store.get('k')) },
  'the driver for unstorage': () => { const driver = sharedCacheDriver({ cache: openCache() }); return value => (driver.setItem('k', value), driver.getItem('k')) },
}
for (const [way, make] of Object.entries(ways)) {
  test(`names stay names through ${way}`, async t => {
    t.deepEqual(await poisons(make()), [])
  })
}

test('names stay names through a file and a dump', async t => {
  const path = `${folder(t)}/it`
  const all = names.flatMap(name => Object.entries(shapes).map(([shape, make]) => [`${name} ${shape}`, make(name)] as const))
  const expected = all.map(([key, value]) => [key, told(value)])
  const map = openVersions({ path })
  map.commitSync(all)
  SnapshotMap.destroy(map.name)
  const again = openVersions({ path })
  t.deepEqual(all.map(([key]) => [key, told(again.get(key))]), expected)
  const [one, two] = [openCache(), openCache()]
  one.setMany(all)
  await one.dump(`${path}.dump`)
  await two.load(`${path}.dump`)
  t.deepEqual(all.map(([key]) => [key, told(two.get(key))]), expected)
  t.false('polluted' in {})
})

test('hostile names are keys, parts of keys, tags, and names of maps and transactions like any others', async t => {
  const [map, versions, cache] = [openMap(), openVersions(), openCache()]
  const batch = map.batch()
  for (const [n, name] of names.entries()) {
    map.set(name, n).set([name, 1], n)
    batch.set(`${name}!`, n)
    t.is(await versions.tryCommit({ txId: name, version: versions.version, writes: [[name, n]] }), versions.version)
    cache.set(name, n, { tags: [name] })
    t.is(SharedMap.open<any, any>(`${name} of ${process.pid}`).set('k', n).get('k'), n)
  }
  batch.flush()
  t.deepEqual(names.map(name => [map.get(name), map.get([name, 1]), map.get(`${name}!`), versions.get(name), cache.get(name)]), names.map((_, n) => [n, n, n, n, n]))
  t.deepEqual([...map.keys()].filter(key => typeof key === 'string' && !key.endsWith('!')).sort(), [...names].sort())
  for (const name of names) t.is(cache.invalidateTag(name), 1, name)
  for (const absent of ['__proto__', 'constructor', 'toString']) t.is(openMap().get(absent), undefined)
})

test('an option of a hostile name is refused as any that is not there', t => {
  for (const name of names) {
    t.throws(() => SharedMap.open(fresh(), named(name, 1) as any), { code: 'ERR_SHARDMAP_OPTION' }, name)
    t.throws(() => SnapshotMap.open(fresh(), named(name, {}) as any), { code: 'ERR_SHARDMAP_OPTION' }, name)
    t.throws(() => openCache(named(name, 1)), { code: 'ERR_SHARDMAP_OPTION' }, name)
    t.throws(() => openCache().set('k', 1, named(name, 1) as any), { code: 'ERR_SHARDMAP_OPTION' }, name)
  }
})

test('options of which a part is given leave the others as they were', async t => {
  const cache = openCache({ ttl: 60_000, maxBytes: 100_000 })
  const left = (options: any): boolean => {
    const left = cache.set('k', 1, options).getRemainingTTL('k')
    return left > 0 && left <= 60_000
  }
  for (const options of [undefined, {}, { ttl: undefined }, { tags: ['t'] }, { ttl: undefined, tags: undefined }]) t.true(left(options), JSON.stringify(options))
  await cache.fetch('f', () => 1, { tags: ['t'], staleWhileRevalidate: undefined })
  t.true(cache.getRemainingTTL('f') <= 60_000)
  t.throws(() => cache.set('k', 'x'.repeat(200_000)), { code: 'ERR_SHARDMAP_FULL' })
  const map = SharedMap.open<string, number>(fresh(), { maxEntries: 1, maxBytes: undefined })
  t.throws(() => map.set('a', 1).set('b', 1), { code: 'ERR_SHARDMAP_FULL' })
})
