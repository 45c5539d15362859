// The map-like part of SharedCache.
import test from 'ava'
import { inspect } from 'node:util'
import { SharedCache, SharedMap } from 'shardmap'
import { nears, open, rowsOf } from './fixtures/caches.js'
import { refuses } from './fixtures/codes.js'
import { samples, refused } from './fixtures/samples.js'
import { fresh } from './fixtures/threads.js'
import { badKeys } from './fixtures/versions.js'

for (const near of nears) {
  test(`what was set is read, deleted and gone (near ${near})`, t => {
    const cache = open({ max: 100, near })
    t.is(cache.set('a', 1), cache)
    cache.set('b', { x: [1, { y: 2 }] }).set('u', undefined)
    for (let round = 0; round < 3; round++) {
      t.is(cache.get('a'), 1)
      t.deepEqual(cache.get('b'), { x: [1, { y: 2 }] })
      t.deepEqual(cache.peek('b'), { x: [1, { y: 2 }] })
      t.is(cache.get('u'), undefined)
      t.true(cache.has('a') && cache.has('u'))
      t.is(cache.get('absent'), undefined)
      t.is(cache.peek('absent'), undefined)
      t.false(cache.has('absent'))
    }
    t.is(cache.size, 3)
    cache.set('a', 'other')
    t.is(cache.get('a'), 'other')
    t.true(cache.delete('a'))
    t.false(cache.delete('a'))
    t.is(cache.get('a'), undefined)
    t.false(cache.has('a'))
    cache.clear()
    t.is(cache.size, 0)
    t.is(cache.get('b'), undefined)
    t.false(cache.has('u'))
  })

  test(`every type of value comes back (near ${near})`, t => {
    const cache = open({ max: 1000, near })
    const cloneable = Object.entries(samples).filter(([label]) => !/symbol/i.test(label))
    for (const [label, make] of cloneable) cache.set(label, make())
    for (let round = 0; round < 2; round++) {
      for (const [label, make] of cloneable) {
        const plain = structuredClone(make())
        t.deepEqual(cache.get(label), plain, label)
        t.deepEqual(cache.peek(label), plain, label)
      }
    }
    for (const [label, make] of Object.entries(refused)) refuses(t, 'ERR_SHARDMAP_VALUE', () => cache.set('a', make()), label)
    t.false(cache.has('a'))
  })

  test(`keys of every type are kept apart (near ${near})`, t => {
    const cache = open({ max: 100, near })
    const keys = ['1', 1, 1n, true, ['1'], [1], ['1', 1], new Uint8Array([1]), [new Uint8Array([1])], '\uD800', NaN, 0]
    keys.forEach((key, i) => cache.set(key, i))
    for (let round = 0; round < 2; round++) {
      keys.forEach((key, i) => {
        t.is(cache.get(key), i)
        t.is(cache.peek(key), i)
        t.true(cache.has(key))
        t.is(cache.getRemainingTTL(key), Infinity)
      })
    }
    t.is(cache.get(-0), 11)
    t.deepEqual(cache.getMany(keys), keys.map((_, i) => i))
    t.is(cache.size, keys.length)
  })

  test(`what a read gives is frozen where it is plain data, and its own otherwise (near ${near})`, t => {
    const cache = open({ max: 100, near })
    cache.set('plain', { a: [1, { b: 2 }] }).set('date', { at: new Date(5) }).set('bytes', new Uint8Array([1, 2]))
    for (let round = 0; round < 2; round++) {
      t.throws(() => { cache.get('plain').a[1].b = 3 }, { instanceOf: TypeError })
      cache.get('date').at.setTime(9)
      cache.get('bytes')[0] = 9
      t.is(cache.get('date').at.getTime(), 5)
      t.deepEqual(cache.get('bytes'), new Uint8Array([1, 2]))
    }
  })
}

test('iteration gives every entry once, and is no use of them', t => {
  const cache = open({ max: 1000, policy: 'lru' })
  const rows = Array.from({ length: 300 }, (_, i) => [`k${i}`, { i }] as [string, object])
  cache.setMany(rows)
  const sorted = rowsOf(rows)
  t.deepEqual(rowsOf(cache), sorted)
  t.deepEqual(rowsOf(cache.entries()), sorted)
  t.deepEqual([...cache.keys()].sort(), rows.map(([key]) => key).sort())
  const { hits, misses } = cache.stats()
  t.deepEqual([hits, misses], [0, 0])
})

test('setMany stores all or, when one cannot be stored, none', t => {
  const cache = open({ max: 50, maxEntryBytes: 2000 })
  t.is(cache.setMany(new Map<any, any>([['a', 1], [['t', 1], { x: 1 }], ['b', new Uint8Array([1])]])), cache)
  t.deepEqual(cache.getMany(['a', ['t', 1], 'b', 'absent']), [1, { x: 1 }, new Uint8Array([1]), undefined])
  cache.setMany([['a', 'first'], ['a', 'last']])
  t.is(cache.get('a'), 'last')
  cache.setMany([])
  const bytes = new Uint8Array(1)
  const reused = function* () { for (const n of [1, 2, 3]) { bytes[0] = n; yield [`r${n}`, bytes] as [string, Uint8Array] } }
  cache.setMany(reused())
  t.deepEqual(cache.getMany(['r1', 'r2', 'r3']), [1, 2, 3].map(n => new Uint8Array([n])))
  const before = rowsOf(cache)
  for (const [code, entries] of [
    ['ERR_SHARDMAP_VALUE', [['a', 2], ['f', () => 1]]], ['ERR_SHARDMAP_KEY', [['a', 2], [null, 1]]], ['ERR_SHARDMAP_FULL', [['a', 2], ['large', 'x'.repeat(5000)]]],
    ['ERR_SHARDMAP_OPTION', [['a', 2], 5]], ['ERR_SHARDMAP_OPTION', 5],
  ] as [any, any][]) {
    refuses(t, code, () => cache.setMany(entries), code)
    t.deepEqual(rowsOf(cache), before, code)
  }
})

test('setMany of more entries than cross at once stores all', t => {
  const cache = open({ max: 20_000 })
  cache.setMany(Array.from({ length: 10_000 }, (_, i) => [i, [i]]), { tags: ['all'] })
  t.is(cache.size, 10_000)
  t.deepEqual(cache.getMany([0, 4321, 9999]), [[0], [4321], [9999]])
  t.is(cache.invalidateTag('all'), 10_000)
})

test('increment adds to a number and begins at 0', t => {
  const cache = open()
  t.is(cache.increment('n'), 1)
  t.is(cache.increment('n', 2.5), 3.5)
  t.is(cache.increment('n', -4), -0.5)
  t.is(cache.get('n'), -0.5)
  cache.set('text', 'x')
  refuses(t, 'ERR_SHARDMAP_VALUE', () => cache.increment('text'))
  for (const by of [1n, '1', null, {}] as any[]) refuses(t, 'ERR_SHARDMAP_VALUE', () => cache.increment('n', by), String(by))
  t.is(cache.get('text'), 'x')
  t.is(cache.get('n'), -0.5)
})

test('a tag takes its entries, and only them, with it', t => {
  const cache = open()
  cache.set('a', 1, { tags: ['x', 'y'] }).set('b', 2, { tags: ['y'] }).set('c', 3)
  cache.setMany([['d', 4], ['e', 5]], { tags: ['z', 'z'] })
  t.deepEqual(cache.getMany(['a', 'b', 'c', 'd', 'e']), [1, 2, 3, 4, 5])
  t.is(cache.invalidateTag('nobody'), 0)
  t.is(cache.invalidateTag('y'), 2)
  t.deepEqual(cache.getMany(['a', 'b', 'c', 'd', 'e']), [undefined, undefined, 3, 4, 5])
  t.is(cache.invalidateTag('x'), 0)
  cache.set('d', 'without its tag')
  t.is(cache.invalidateTag('z'), 1)
  t.is(cache.get('d'), 'without its tag')
  cache.delete('c')
  cache.set('c', 6, { tags: ['x'] })
  t.is(cache.invalidateTag('x'), 1)
  t.is(cache.size, 1)
})

test('statistics are exact in one thread', t => {
  for (const near of nears) {
    const cache = open({ max: 3, near, policy: 'lru' })
    for (const key of ['a', 'b', 'c', 'd']) cache.set(key, key)
    for (let i = 0; i < 200; i++) cache.get('d')
    cache.get('absent')
    cache.peek('d')
    cache.has('absent')
    cache.set('d', 1)
    cache.delete('d')
    cache.set('e', 1, { tags: ['t'] })
    cache.invalidateTag('t')
    const { nearHits, bytes, ...stats } = cache.stats()
    t.deepEqual(stats, {
      entries: 2, hits: 200, misses: 1, loads: 0, loadErrors: 0, evictions: { size: 1, expired: 0, replaced: 1, deleted: 1, invalidated: 1 },
    })
    t.true(near === 0 ? nearHits === 0 : nearHits >= 190)
    t.true(bytes > 0)
    cache.clear()
    t.is(cache.stats().bytes, 0)
    t.is(cache.stats().evictions.deleted, 3)
  }
})

test('bad keys, names, options and arguments are refused with their codes and change nothing', async t => {
  const cache = open()
  cache.set('a', 1)
  for (const [label, key] of badKeys) {
    const calls = {
      get: () => cache.get(key), peek: () => cache.peek(key), has: () => cache.has(key), set: () => cache.set(key, 1), setTagged: () => cache.set(key, 1, { tags: ['t'] }),
      delete: () => cache.delete(key), increment: () => cache.increment(key), getMany: () => cache.getMany(['a', key]), setMany: () => cache.setMany([['a', 2], [key, 1]]),
      getRemainingTTL: () => cache.getRemainingTTL(key),
    }
    for (const [method, call] of Object.entries(calls)) refuses(t, 'ERR_SHARDMAP_KEY', call, `${method} of ${label}`)
    await t.throwsAsync(cache.fetch(key, () => t.fail('a loader ran for a bad key')), { code: 'ERR_SHARDMAP_KEY' }, label)
  }
  const bad: Record<string, unknown[]> = {
    max: [0, -1, 1.5, NaN, '5', null, Infinity], maxBytes: [0, 1.5, '5'], maxEntryBytes: [0, -1, '5'], ttl: [0, -5, NaN, '5', 0.5, null, Infinity],
    ttlJitter: [-0.1, 1.1, NaN, '0.5', true], updateAgeOnGet: [0, 'yes', null], allowStale: [1, 'no', null], policy: ['fifo', 1, null, ''], near: [-1, 1.5, '5'],
  }
  for (const [option, values] of Object.entries(bad)) {
    for (const value of values) {
      const name = fresh('bad-cache')
      const error = refuses(t, 'ERR_SHARDMAP_OPTION', () => SharedCache.open(name, { max: 5, [option]: value }), `${option} ${String(value)}`)
      t.true(error?.message.includes(option), error?.message)
      t.false(SharedCache.names().includes(name))
    }
  }
  for (const name of [undefined, null, 5, {}, '', '\uD800', 'n'.repeat(300)] as any[]) refuses(t, 'ERR_SHARDMAP_OPTION', () => SharedCache.open(name, { max: 5 }), String(name))
  for (const options of [5, 'x', null, true] as any[]) {
    refuses(t, 'ERR_SHARDMAP_OPTION', () => SharedCache.open(fresh(), options), String(options))
    refuses(t, 'ERR_SHARDMAP_OPTION', () => cache.set('a', 2, options), String(options))
    refuses(t, 'ERR_SHARDMAP_OPTION', () => cache.setMany([['a', 2]], options), String(options))
    refuses(t, 'ERR_SHARDMAP_OPTION', () => cache.increment('a', 1, options), String(options))
    await t.throwsAsync(cache.fetch('a', () => 2, options), { code: 'ERR_SHARDMAP_OPTION' }, String(options))
  }
  for (const ttl of [0, -1, NaN, 0.9, '5', null, -Infinity] as any[]) {
    refuses(t, 'ERR_SHARDMAP_OPTION', () => cache.set('a', 2, { ttl }), `ttl ${ttl}`)
    refuses(t, 'ERR_SHARDMAP_OPTION', () => cache.setMany([['a', 2]], { ttl }), `ttl ${ttl}`)
    refuses(t, 'ERR_SHARDMAP_OPTION', () => cache.increment('a', 1, { ttl }), `ttl ${ttl}`)
    await t.throwsAsync(cache.fetch('a', () => 2, { ttl }), { code: 'ERR_SHARDMAP_OPTION' }, `ttl ${ttl}`)
  }
  for (const tags of ['t', 5, [5], [''], ['x'.repeat(257)], ['\uDC00'], Array.from({ length: 65 }, String), null, [,]] as any[]) {
    refuses(t, 'ERR_SHARDMAP_OPTION', () => cache.set('a', 2, { tags }), inspect(tags))
    await t.throwsAsync(cache.fetch('a', () => 2, { tags }), { code: 'ERR_SHARDMAP_OPTION' }, inspect(tags))
  }
  for (const tag of [undefined, null, 5, '', ['x'], '\uD800'] as any[]) refuses(t, 'ERR_SHARDMAP_OPTION', () => cache.invalidateTag(tag), inspect(tag))
  for (const [option, value] of [['other', 1], ['tag', 'x']] as any[]) {
    refuses(t, 'ERR_SHARDMAP_OPTION', () => SharedCache.open(fresh(), { max: 1, [option]: value }), option)
    refuses(t, 'ERR_SHARDMAP_OPTION', () => cache.set('a', 2, { [option]: value } as any), option)
    refuses(t, 'ERR_SHARDMAP_OPTION', () => cache.increment('a', 2, { [option]: value } as any), option)
    await t.throwsAsync(cache.fetch('a', () => 2, { [option]: value } as any), { code: 'ERR_SHARDMAP_OPTION' }, option)
  }
  for (const [option, value] of [['staleWhileRevalidate', -1], ['staleWhileRevalidate', '5'], ['timeout', 0], ['timeout', Infinity], ['timeout', 2 ** 31], ['signal', {}], ['forceRefresh', 1]] as any[]) {
    const error = await t.throwsAsync(cache.fetch('a', () => 2, { [option]: value }), { code: 'ERR_SHARDMAP_OPTION' }, `${option} ${value}`)
    t.true(error?.message.includes(option))
  }
  for (const load of [undefined, null, 5, {}] as any[]) await t.throwsAsync(cache.fetch('b', load), { code: 'ERR_SHARDMAP_OPTION' })
  for (const event of [undefined, 'other', 5, 'toString'] as any[]) refuses(t, 'ERR_SHARDMAP_OPTION', () => cache.on(event, () => {}), String(event))
  for (const listener of [undefined, null, 5] as any[]) refuses(t, 'ERR_SHARDMAP_OPTION', () => cache.on('evict', listener), String(listener))
  for (const keys of [undefined, null, 5] as any[]) refuses(t, 'ERR_SHARDMAP_OPTION', () => cache.getMany(keys), String(keys))
  t.deepEqual([...cache], [['a', 1]])
})

test('a new cache needs a bound, and an open one is found without it', t => {
  const name = fresh('bound')
  const error = refuses(t, 'ERR_SHARDMAP_OPTION', () => SharedCache.open(name))
  t.true(/max/.test(error.message) && /maxBytes/.test(error.message), error.message)
  t.false(SharedCache.names().includes(name))
  const cache = SharedCache.open<string, number>(name, { maxBytes: 1e6 })
  t.true(SharedCache.names().includes(name))
  cache.set('a', 1)
  t.is(SharedCache.open<string, number>(name).get('a'), 1)
  t.is(SharedCache.open<string, number>(name, { near: 0 }).get('a'), 1)
})

test('opening under another kind or other options is refused with ERR_SHARDMAP_MISMATCH, naming both', t => {
  const options = { max: 10, maxBytes: 100_000, maxEntryBytes: 5000, ttl: 60_000, ttlJitter: 0.25, updateAgeOnGet: true, allowStale: true, policy: 'lru' } as const
  const cache = open(options)
  SharedCache.open(cache.name, options)
  const others = { max: 11, maxBytes: 100_001, maxEntryBytes: 5001, ttl: 60_001, ttlJitter: 0.5, updateAgeOnGet: false, allowStale: false, policy: 'tinylfu' } as const
  for (const [option, value] of Object.entries(others)) {
    const { message } = refuses(t, 'ERR_SHARDMAP_MISMATCH', () => SharedCache.open(cache.name, { [option]: value }), option)
    const plain = message.replaceAll(/[_,]/g, '')
    t.true(plain.includes(String(value)) && plain.includes(String(options[option as keyof typeof options])), message)
  }
  refuses(t, 'ERR_SHARDMAP_MISMATCH', () => SharedMap.open(cache.name))
  const map = SharedMap.open(fresh())
  refuses(t, 'ERR_SHARDMAP_MISMATCH', () => SharedCache.open(map.name, { max: 5 }))
  t.false(SharedCache.names().includes(map.name))
  t.false(SharedMap.names().includes(cache.name))
  t.false(SharedCache.destroy(map.name))
})

const uses = (cache: SharedCache<any, any>): Record<string, () => unknown> => ({
  size: () => cache.size, get: () => cache.get('a'), getAbsent: () => cache.get('absent'), peek: () => cache.peek('a'), has: () => cache.has('a'), set: () => cache.set('a', 1),
  setTagged: () => cache.set('a', 1, { tags: ['t'] }), getMany: () => cache.getMany(['a']), getNone: () => cache.getMany([]), setMany: () => cache.setMany([['a', 1]]), setNone: () => cache.setMany([]),
  increment: () => cache.increment('n'), delete: () => cache.delete('a'), clear: () => cache.clear(), keys: () => [...cache.keys()], entries: () => [...cache.entries()],
  iterator: () => [...cache], getRemainingTTL: () => cache.getRemainingTTL('a'), invalidateTag: () => cache.invalidateTag('t'), on: () => cache.on('evict', () => {}), stats: () => cache.stats(),
})
const promises = (cache: SharedCache<any, any>): Record<string, () => Promise<unknown>> => ({
  fetch: () => cache.fetch('a', () => 1), fetchAbsent: () => cache.fetch('absent', () => 1), forceRefresh: () => cache.fetch('a', () => 1, { forceRefresh: true }),
})

for (const near of nears) {
  for (const [way, end] of [['close()', (cache: any) => cache.close()], ['destroy()', (cache: any) => SharedCache.destroy(cache.name)]] as const) {
    test(`after ${way} every method throws or rejects with ERR_SHARDMAP_CLOSED (near ${near})`, async t => {
      const cache = open({ max: 10, near })
      const other = SharedCache.open<any, any>(cache.name, { near })
      cache.set('a', { x: 1 })
      for (const handle of [cache, other]) t.deepEqual([handle.get('a'), handle.get('a')], [{ x: 1 }, { x: 1 }])
      const stop = cache.on('evict', () => {})
      end(cache)
      for (const [method, use] of Object.entries(uses(cache))) refuses(t, 'ERR_SHARDMAP_CLOSED', use, method)
      for (const [method, use] of Object.entries(promises(cache))) await t.throwsAsync(use, { code: 'ERR_SHARDMAP_CLOSED' }, method)
      stop()
      t.regex(inspect(cache), /closed/)
      if (way === 'close()') t.deepEqual(other.get('a'), { x: 1 })
      else refuses(t, 'ERR_SHARDMAP_CLOSED', () => other.get('a'))
      cache.close()
      cache.close()
      cache[Symbol.dispose]()
      t.is(way === 'close()', SharedCache.destroy(cache.name))
      t.is(SharedCache.open<any, any>(cache.name, { max: 3 }).size, 0)
      refuses(t, 'ERR_SHARDMAP_CLOSED', () => cache.get('a'), 'never another cache of the same name')
    })
  }
}

test('inspect shows what a cache is, and not all of it', t => {
  const cache = open({ max: 1000 })
  cache.setMany(Array.from({ length: 500 }, (_, i) => [`key${i}`, { i }]))
  const shown = inspect(cache)
  t.true(shown.includes('SharedCache') && shown.includes(cache.name) && shown.includes('500') && /key\d+/.test(shown), shown)
  t.true(shown.length < 2000)
})

test('using closes a cache', t => {
  let kept
  {
    using cache = open()
    kept = cache
  }
  refuses(t, 'ERR_SHARDMAP_CLOSED', () => kept.get('a'))
})
