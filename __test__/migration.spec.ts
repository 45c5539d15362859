// What docs/guides/porting.md says of lru-cache, node-cache and Keyv in memory, run on both sides.
import test from 'ava'
import { Keyv } from 'keyv'
import { LRUCache } from 'lru-cache'
import NodeCache from 'node-cache'
import { readFileSync } from 'node:fs'
import { SharedCache } from 'shardmap'
import { SharedCacheStore } from 'shardmap/keyv'
import { eventually } from './fixtures/eventually.js'
import { methodsOf, missingIn } from './fixtures/porting.js'
import { fresh } from './fixtures/threads.js'

const open = (options: object = {}): any => SharedCache.open<any, any>(fresh('migration'), { max: 100, policy: 'lru', ...options })
const sorted = (keys: Iterable<any>) => [...keys].sort()
const thrown = (run: () => unknown) => {
  try {
    run()
    return 'nothing'
  } catch (error) {
    return (error as any).code ?? (error as any).errorcode ?? 'an error'
  }
}

/** What is read while 'a' has expired and is still kept, which is as long again as it was fresh: on a machine too busy for it, with a longer ttl. */
async function whenStale(cache: any, read: () => unknown): Promise<unknown> {
  for (let ttl = 50; ; ttl *= 4) {
    const start = performance.now()
    cache.set('a', 1, { ttl })
    await eventually(() => !cache.has('a'))
    const got = read()
    if (performance.now() - start < 2 * ttl - 1) return got
  }
}

type Run = (cache: any) => unknown
interface Row {
  options?: object
  run: Run
}

const sameAsLru: Record<string, Row> = {
  'set returns the cache': { run: c => c.set('a', 1) === c },
  'get, peek and has of what is there, and is not': { run: c => [c.set('a', 1).get('a'), c.peek('a'), c.has('a'), c.get('b'), c.peek('b'), c.has('b')] },
  'delete tells whether there was one': { run: c => [c.set('a', 1).delete('a'), c.delete('a'), c.size] },
  'clear': { run: c => [c.set('a', 1).set('b', 2).size, c.clear(), c.size, c.get('a')] },
  'getRemainingTTL of none, and without a ttl': { run: c => [c.getRemainingTTL('a'), c.set('a', 1).getRemainingTTL('a')] },
  'a ttl per call': { run: c => (c.set('a', 1, { ttl: 60_000 }), c.getRemainingTTL('a') > 59_000 && c.getRemainingTTL('a') <= 60_000) },
  'the ttl of the cache': { options: { ttl: 60_000 }, run: c => (c.set('a', 1), c.getRemainingTTL('a') > 59_000 && c.getRemainingTTL('a') <= 60_000) },
  'set begins the ttl anew': { options: { ttl: 60_000 }, run: c => (c.set('a', 1, { ttl: 1000 }).set('a', 2), c.getRemainingTTL('a') > 59_000) },
  'an entry ends at its ttl': { run: async c => (c.set('a', 1, { ttl: 20 }), await eventually(() => !c.has('a')), [c.get('a'), c.peek('a')]) },
  'the least recently used goes; get and set are uses': { options: { max: 3 }, run: c => (c.set('a', 1).set('b', 2).set('c', 3), c.get('a'), c.set('b', 4), c.set('d', 5), sorted(c.keys())) },
  'peek and has are no uses': { options: { max: 2 }, run: c => (c.set('a', 1).set('b', 2), c.peek('a'), c.has('a'), c.set('c', 3), sorted(c.keys())) },
  'updateAgeOnGet': { options: { ttl: 60_000, updateAgeOnGet: true }, run: c => (c.set('a', 1, { ttl: 59_000 }), c.get('a'), c.getRemainingTTL('a') > 58_000) },
  'allowStale: get gives what has expired, has does not': {
    options: { ttl: 1000, allowStale: true, noDeleteOnStaleGet: true }, run: c => whenStale(c, () => [c.get('a'), c.get('a'), c.has('a')]),
  },
  'entries': { run: c => sorted(c.set('a', 1).set('b', 2).entries()) },
  'a tuple iteration of the cache itself': { run: c => sorted(c.set('a', 1).set('b', 2)) },
}

for (const [title, { options = {}, run }] of Object.entries(sameAsLru)) {
  test(`as lru-cache: ${title}`, async t => {
    const { noDeleteOnStaleGet: _, ...ours } = options as any
    t.deepEqual(await run(open(ours)), await run(new LRUCache({ max: 100, ttlResolution: 0, ...options } as any)))
  })
}

test('as lru-cache: the same calls keep the same keys, and give the same', t => {
  // Numbers from a generator with a fixed start: the same calls at each run.
  let state = 7
  const below = (n: number) => (state = (state * 48_271) % 2_147_483_647) % n
  for (const max of [1, 2, 7, 100]) {
    const [ours, theirs] = [open({ max }), new LRUCache<string, any>({ max })]
    for (let i = 0; i < 20_000; i++) {
      const key = `k${Math.min(below(max * 3), below(max * 3))}`
      const call = (['get', 'get', 'get', 'set', 'peek', 'has', 'delete'] as const)[below(7)]
      const args: any[] = call === 'set' ? [key, i] : [key]
      const [a, b] = [ours, theirs].map(cache => (cache as any)[call](...args))
      if (call !== 'set' && a !== b) return t.fail(`max ${max}, call ${i}: ${call}(${key}) is ${a}, not ${b}`)
    }
    t.deepEqual(sorted(ours.keys()), sorted(theirs.keys()))
    t.is(ours.size, theirs.size)
  }
  return t.pass()
})

test('as lru-cache: fetch loads once for all who wait, and stores; a failure reaches all, and deletes nothing', async t => {
  const sides = [
    (load: (key: string) => Promise<any>) => {
      const cache = open()
      return { cache, fetch: (key: string, options = {}) => cache.fetch(key, load, options) }
    },
    (load: (key: string) => Promise<any>) => {
      const cache = new LRUCache<string, any>({ max: 100, fetchMethod: key => load(key), noDeleteOnFetchRejection: true })
      return { cache, fetch: (key: string, options = {}) => cache.fetch(key, options) }
    },
  ]
  const results = await Promise.all(sides.map(async side => {
    let loads = 0
    let fails = false
    const { cache, fetch } = side(async key => {
      loads++
      if (fails) throw new Error(`no ${key}`)
      return { key, loads }
    })
    const together = await Promise.all([fetch('a'), fetch('a'), fetch('a')])
    const [again, forced] = [await fetch('a'), await fetch('a', { forceRefresh: true })]
    fails = true
    const failed = await Promise.allSettled([fetch('b'), fetch('b'), fetch('a', { forceRefresh: true })])
    return [together, again, forced, failed.map((result: any) => result.reason?.message), cache.get('a'), cache.get('b')]
  }))
  t.deepEqual(results[0], results[1])
})

const unlikeLru: Record<string, { options?: object; lru?: object; run: Run; ours: unknown; theirs: unknown }> = {
  'set of undefined stores it; there it deletes': { run: c => (c.set('a', 1).set('a', undefined), [c.has('a'), c.size]), ours: [true, 1], theirs: [false, 0] },
  'beyond the bound of an entry the old one goes; here it throws besides': {
    options: { maxBytes: 1e6, maxEntryBytes: 1000, max: undefined }, lru: { maxSize: 1e6, maxEntrySize: 1000, sizeCalculation: (v: string) => v.length },
    run: c => (c.set('a', 'x'), [thrown(() => c.set('a', 'x'.repeat(5000))), c.has('a')]), ours: ['ERR_SHARDMAP_FULL', false], theirs: ['nothing', false],
  },
  'a ttl of 0 is refused; there it is none': { run: c => thrown(() => c.set('a', 1, { ttl: 0 })), ours: 'ERR_SHARDMAP_OPTION', theirs: 'nothing' },
  'a value is a frozen copy; there it is the object itself': {
    run: c => {
      const value = { n: 1 }
      c.set('a', value)
      value.n = 2
      return [c.get('a').n, Object.isFrozen(c.get('a'))]
    }, ours: [1, true], theirs: [2, false],
  },
  'a key is equal by content; there by identity': { run: c => c.set(['a', 1], 'x').get(['a', 1]), ours: 'x', theirs: undefined },
  'an object is no key': { run: c => thrown(() => c.set({}, 1)), ours: 'ERR_SHARDMAP_KEY', theirs: 'nothing' },
  'reading a stale value does not delete it; there it does': {
    options: { allowStale: true }, lru: { allowStale: true, ttl: 1000, ttlResolution: 0 },
    run: c => whenStale(c, () => [c.get('a'), c.get('a')]), ours: [1, 1], theirs: [1, undefined],
  },
}

for (const [title, { options, lru, run, ours, theirs }] of Object.entries(unlikeLru)) {
  test(`unlike lru-cache: ${title}`, async t => {
    t.deepEqual(await run(open(options)), ours)
    t.deepEqual(await run(new LRUCache({ max: 100, ...lru } as any)), theirs)
  })
}

const nodeRows: Record<string, { ours: Run; theirs: (cache: NodeCache) => unknown; differs?: [unknown, unknown]; options?: object; node?: object }> = {
  'get and has': { ours: c => (c.set('a', { n: 1 }), [c.get('a'), c.get('b'), c.has('a'), c.has('b')]), theirs: c => (c.set('a', { n: 1 }), [c.get('a'), c.get('b'), c.has('a'), c.has('b')]) },
  'a value is a copy': {
    ours: c => { const value = { n: 1 }; c.set('a', value); value.n = 2; return c.get('a').n },
    theirs: c => { const value = { n: 1 }; c.set('a', value); value.n = 2; return (c.get('a') as any).n },
  },
  'a ttl per call, in ms and in seconds': {
    ours: async c => (c.set('a', 1, { ttl: 20 }), await eventually(() => !c.has('a')), c.get('a')),
    theirs: async c => (c.set('a', 1, 0.02), await eventually(() => !c.has('a')), c.get('a')),
  },
  'the ttl of the whole': {
    options: { ttl: 60_000 }, node: { stdTTL: 60 },
    ours: c => { const left = c.set('a', 1).getRemainingTTL('a'); return left > 50_000 && left <= 60_000 },
    theirs: c => { c.set('a', 1); const left = c.getTtl('a')! - Date.now(); return left > 50_000 && left <= 60_000 },
  },
  'what set returns': { ours: c => c.set('a', 1) === c, theirs: c => c.set('a', 1) as unknown },
  'a negative ttl': { ours: c => thrown(() => c.set('a', 1, { ttl: -1 })), theirs: c => thrown(() => c.set('a', 1, -1)), differs: ['ERR_SHARDMAP_OPTION', 'nothing'] },
  'a full cache': { options: { max: 1 }, node: { maxKeys: 1 }, ours: c => thrown(() => c.set('a', 1).set('b', 2)), theirs: c => thrown(() => (c.set('a', 1), c.set('b', 2))), differs: ['nothing', 'ECACHEFULL'] },
  'many read': { ours: c => c.set('a', 1).getMany(['a', 'b']), theirs: c => (c.set('a', 1), c.mget(['a', 'b'])), differs: [[1, undefined], { a: 1 }] },
  'many written': { ours: c => sorted(c.setMany([['a', 1], ['b', 2]]).keys()), theirs: c => (c.mset([{ key: 'a', val: 1 }, { key: 'b', val: 2 }]), sorted(c.keys())) },
  'what deleting returns': { ours: c => [c.set('a', 1).delete('a'), c.delete('a')], theirs: c => [c.set('a', 1) && c.del('a'), c.del('a')], differs: [[true, false], [1, 0]] },
  'what is left': { ours: c => [c.set('a', 1).getRemainingTTL('a'), c.getRemainingTTL('b')], theirs: c => [c.set('a', 1) && c.getTtl('a'), c.getTtl('b')], differs: [[Infinity, 0], [0, undefined]] },
  'numbers as keys': { ours: c => (c.set(1, 'x'), [[...c.keys()], c.has('1')]), theirs: c => (c.set(1, 'x'), [c.keys(), c.has('1')]), differs: [[[1], false], [['1'], true]] },
  'take, by get and delete': { ours: c => [c.set('a', 1).get('a'), c.delete('a'), c.has('a')], theirs: c => [c.set('a', 1) && c.take('a'), true, c.has('a')] },
  'emptying it': { ours: c => (c.set('a', 1).clear(), [...c.keys()]), theirs: c => (c.set('a', 1), c.flushAll(), c.keys()) },
  'hits and misses': {
    ours: c => { c.set('a', 1); c.get('a'); c.get('b'); const { hits, misses, entries } = c.stats(); return [hits, misses, entries] },
    theirs: c => { c.set('a', 1); c.get('a'); c.get('b'); const { hits, misses, keys } = c.getStats(); return [hits, misses, keys] },
  },
  'events of what is deleted and of what expires': {
    ours: async c => {
      const seen: any[] = []
      c.on('delete', ({ key }: any) => seen.push(['delete', key]))
      c.on('expire', ({ key }: any) => seen.push(['expire', key]))
      c.set('a', 1).set('b', 1, { ttl: 20 }).delete('a')
      await eventually(() => seen.length === 2)
      return seen
    },
    theirs: async c => {
      const seen: any[] = []
      c.on('del', key => seen.push(['delete', key]))
      c.on('expired', key => seen.push(['expire', key]))
      c.set('a', 1)
      c.set('b', 1, 0.02)
      c.del('a')
      await eventually(() => c.get('b') === undefined && seen.length >= 2)
      return seen.slice(0, 2).map(([event, key]) => [key === 'b' ? 'expire' : event, key])
    },
  },
}

for (const [title, { ours, theirs, differs, options, node }] of Object.entries(nodeRows)) {
  test(`${differs ? 'unlike' : 'as'} node-cache: ${title}`, async t => {
    const cache = new NodeCache({ checkperiod: 0, ...node })
    const [a, b] = [await ours(open(options)), await theirs(cache)]
    cache.close()
    t.deepEqual([a, b], differs ?? [b, b])
  })
}

const inMemory = () => new Map()
const shared = () => new SharedCacheStore({ name: fresh('migration'), max: 100 })

test('as Keyv in memory: what its calls give', async t => {
  const [a, b] = await Promise.all([inMemory, shared].map(async make => {
    const keyv = new Keyv({ store: make(), namespace: 'ns', ttl: 60_000 })
    const set = [await keyv.set('a', { n: [1, null] }), await keyv.set('b', 'text'), await keyv.setMany([{ key: 'c', value: 1, ttl: 20 }])]
    const got = [await keyv.get(['a', 'b', 'no']), await keyv.has('a'), await keyv.has(['a', 'no'])]
    const listed = []
    for await (const [key] of keyv.iterator!(undefined)) listed.push(key)
    await eventually(async () => (await keyv.get('c')) === undefined)
    const gone = [await keyv.delete('a'), await keyv.delete('a'), await keyv.delete(['b', 'no']), await keyv.clear(), await keyv.get('b')]
    return [set, got, sorted(listed).filter(key => key !== 'c'), gone]
  }))
  t.deepEqual(b, a)
})

test('unlike Keyv on a Map: clear removes the namespace alone, and what has expired is gone though nobody reads it', async t => {
  const sizes = await Promise.all([inMemory, shared].map(async make => {
    const source = make()
    const store = () => (source instanceof Map ? source : new SharedCacheStore({ cache: source.cache }))
    const size = () => (source instanceof Map ? source.size : source.cache.size)
    const [one, two] = ['one', 'two'].map(namespace => new Keyv({ store: store(), namespace }))
    await one.set('a', 1, 20)
    await two.set('a', 1)
    if (!(source instanceof Map)) await eventually(() => size() === 1)
    const before = size()
    await one.clear()
    return [before, size()]
  }))
  t.deepEqual(sizes, [[2, 0], [1, 1]])
})

test('the guide names every option and every method of both', t => {
  const types = readFileSync(new URL('../../node_modules/lru-cache/dist/esm/index.d.ts', import.meta.url), 'utf8')
  const options = [...(/interface OptionsBase<[\s\S]*?\n {4}}/.exec(types)![0].matchAll(/^ {8}(\w+)\?/gm))].map(([, name]) => name!)
  t.true(options.length > 20)
  t.deepEqual(missingIn('From lru-cache', [...options, ...methodsOf(LRUCache)]), [])
  t.deepEqual(missingIn('From node-cache', [...Object.keys(new NodeCache().options), ...methodsOf(NodeCache)].filter(name => name !== 'createErrorMessage')), [])
})
