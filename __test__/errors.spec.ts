// Bad input gets a coded error and changes nothing.
import test from 'ava'
import { SharedMap, ShardmapError, type Key } from 'shardmap'
import { refuses, refusesAndKeeps } from './fixtures/codes.js'
import { fresh } from './fixtures/threads.js'

const filled = (options = {}) => {
  const map = SharedMap.open<any, any>(fresh(), options)
  return map.setMany([['a', 1], ['b', { x: [1] }], ['n', 5], [['t', 1], 'tuple']])
}

const badKeys: [string, unknown][] = [
  ['undefined', undefined], ['null', null], ['a symbol', Symbol('k')], ['an object', {}], ['a function', () => 0],
  ['a Date', new Date(0)], ['a Map', new Map()], ['a boxed string', Object('k')], ['an ArrayBuffer', new ArrayBuffer(2)],
  ['a DataView', new DataView(new ArrayBuffer(2))], ['a Uint16Array', new Uint16Array(2)], ['a nested tuple', ['a', ['b']]],
  ['a tuple with undefined', ['a', undefined]], ['a tuple with null', [null]], ['a tuple with an object', ['a', {}]],
  ['a tuple with a hole', ['a', , 'b']], ['a tuple with a symbol', [Symbol('k')]], ['a too long string', 'x'.repeat(70_000)],
  ['a too long tuple', ['a', 'x'.repeat(70_000)]], ['too many bytes', new Uint8Array(70_000)], ['a too large bigint', 1n << 600_000n],
]

for (const near of [0, 8192]) {
  test(`every method refuses every bad key with ERR_SHARDMAP_KEY (near ${near})`, t => {
    const map = filled({ near })
    let called = false
    const fn = () => { called = true }
    for (const [label, key] of badKeys as [string, any][]) {
      const calls: Record<string, () => unknown> = {
        get: () => map.get(key), has: () => map.has(key), set: () => map.set(key, 1), delete: () => map.delete(key),
        swap: () => map.swap(key, 1), getOrInsert: () => map.getOrInsert(key, 1), getOrInsertComputed: () => map.getOrInsertComputed(key, fn),
        compareAndSet: () => map.compareAndSet(key, undefined, 1), update: () => map.update(key, fn), increment: () => map.increment(key),
        getMany: () => map.getMany(['a', key]), getManyConsistent: () => map.getMany(['a', key], { consistent: true }),
        setMany: () => map.setMany([['a', 9], [key, 1]]), deleteMany: () => map.deleteMany(['a', key]),
        batchSet: () => map.batch().set(key, 1), batchDelete: () => map.batch().delete(key),
      }
      for (const [method, call] of Object.entries(calls)) refuses(t, 'ERR_SHARDMAP_KEY', call, `${method} of ${label}`)
    }
    t.false(called, 'no callback is called for a bad key')
    t.deepEqual([...map].length, 4)
    t.deepEqual(map.getMany(['a', 'b', 'n', ['t', 1]]), [1, { x: [1] }, 5, 'tuple'])
  })
}

test('a snapshot and a batch refuse bad keys to read, too', t => {
  const map = filled()
  const snapshot = map.snapshot()
  const batch = map.batch()
  for (const [label, key] of badKeys as [string, any][]) {
    refuses(t, 'ERR_SHARDMAP_KEY', () => snapshot.get(key), label)
    refuses(t, 'ERR_SHARDMAP_KEY', () => snapshot.has(key), label)
    refuses(t, 'ERR_SHARDMAP_KEY', () => batch.get(key), label)
  }
})

test('a bad scan prefix is refused with ERR_SHARDMAP_KEY', t => {
  const map = filled()
  for (const prefix of [null, undefined, 'a', [null], [['a']], [{}]] as any[]) {
    refuses(t, 'ERR_SHARDMAP_KEY', () => [...map.scan(prefix)], JSON.stringify(prefix))
  }
})

test('every method that takes a value refuses a bad one with ERR_SHARDMAP_VALUE and changes nothing', t => {
  const map = filled()
  const keep = (fn: () => unknown, label: string) => refusesAndKeeps(t, map, 'ERR_SHARDMAP_VALUE', fn, label)
  for (const bad of [() => 0, Symbol('v'), { deep: [{ fn() {} }] }, map, [map], new Map([[1, Promise.resolve()]])]) {
    for (const key of ['a', 'absent']) {
      keep(() => map.set(key, bad), 'set')
      keep(() => map.swap(key, bad), 'swap')
      keep(() => map.getOrInsert(key, bad), 'getOrInsert')
      keep(() => map.compareAndSet(key, map.get(key), bad), 'compareAndSet next')
      keep(() => map.update(key, () => bad), 'update')
      keep(() => map.setMany([[key, 2], ['z', bad]]), 'setMany')
      const batch = map.batch()
      keep(() => batch.set(key, bad), 'batch.set')
      t.is(batch.pending, 0)
    }
    keep(() => map.getOrInsertComputed('absent', () => bad), 'getOrInsertComputed')
    keep(() => map.compareAndSet('a', bad, 2), 'compareAndSet expected')
  }
})

test('options out of their range are refused with ERR_SHARDMAP_OPTION and open nothing', t => {
  const bad: Record<string, unknown[]> = {
    shards: [0, 1, 3, -2, 2.5, NaN, Infinity, '4', null, 2 ** 40],
    expectedEntries: [-1, 1.5, NaN, '10', null],
    near: [-1, 1.5, NaN, '10', null],
    maxEntries: [0, -1, 1.5, NaN, '10', null],
    maxBytes: [0, -1, 1.5, NaN, '10', null],
  }
  for (const [option, values] of Object.entries(bad)) {
    for (const value of values) {
      const name = fresh('bad-option')
      const error = refuses(t, 'ERR_SHARDMAP_OPTION', () => SharedMap.open(name, { [option]: value }), `${option} ${String(value)}`)
      t.true(error?.message.includes(option), `the message names ${option}: ${error?.message}`)
      t.false(SharedMap.names().includes(name))
    }
  }
})

test('what is no name and what are no options are refused with ERR_SHARDMAP_OPTION', t => {
  for (const name of [undefined, null, 5, {}, Symbol('n'), '', 'n'.repeat(256), 'Ж'.repeat(128)] as any[]) {
    refuses(t, 'ERR_SHARDMAP_OPTION', () => SharedMap.open(name), String(name))
    if (typeof name !== 'string') refuses(t, 'ERR_SHARDMAP_OPTION', () => SharedMap.destroy(name), String(name))
  }
  for (const options of [5, 'x', true] as any[]) refuses(t, 'ERR_SHARDMAP_OPTION', () => SharedMap.open(fresh(), options), String(options))
})

test('batch and reserve refuse what is no count', t => {
  const map = filled()
  for (const size of [0, -1, 1.5, NaN, '5', null] as any[]) refuses(t, 'ERR_SHARDMAP_OPTION', () => map.batch({ size }), `size ${size}`)
  for (const intervalMs of [-1, NaN, '5', null] as any[]) refuses(t, 'ERR_SHARDMAP_OPTION', () => map.batch({ intervalMs }), `intervalMs ${intervalMs}`)
  for (const entries of [-1, 1.5, NaN, Infinity, '5', null, undefined] as any[]) refuses(t, 'ERR_SHARDMAP_OPTION', () => map.reserve(entries), `reserve ${entries}`)
})

test('what is no function is refused before anything is read or stored', t => {
  const map = filled()
  for (const fn of [undefined, null, 5, {}] as any[]) {
    t.throws(() => map.update('a', fn), { any: true })
    t.throws(() => map.getOrInsertComputed('absent', fn), { any: true })
    t.throws(() => map.forEach(fn), { any: true })
  }
  t.false(map.has('absent'))
  t.is(map.get('a'), 1)
})

test('opening under other options is refused with ERR_SHARDMAP_MISMATCH, naming both', t => {
  const name = fresh()
  const map = SharedMap.open<string, number>(name, { shards: 4, maxEntries: 10, maxBytes: 1_000_000 })
  map.set('a', 1)
  for (const [option, was, given] of [['shards', 4, 8], ['maxEntries', 10, 11], ['maxBytes', 1_000_000, 999_999]] as const) {
    const error = refuses(t, 'ERR_SHARDMAP_MISMATCH', () => SharedMap.open(name, { [option]: given }), option)
    const digits = error?.message.replaceAll(/[_,]/g, '')
    t.true(digits?.includes(String(was)) && digits.includes(String(given)), error?.message)
  }
  t.is(SharedMap.open<string, number>(name).get('a'), 1, 'options left out match anything')
  t.is(SharedMap.open<string, number>(name, { shards: 4 }).get('a'), 1)
  t.is(SharedMap.open<string, number>(name, { near: 0, expectedEntries: 5 }).get('a'), 1, 'near and expectedEntries are never compared')
  const unlimited = fresh()
  SharedMap.open(unlimited)
  refuses(t, 'ERR_SHARDMAP_MISMATCH', () => SharedMap.open(unlimited, { maxEntries: 5 }), 'a limit where there was none')
})

test('a ShardmapError is an Error with a code, a name and a stack of the caller', t => {
  const error = refuses(t, 'ERR_SHARDMAP_KEY', function caller() { filled().get(null) })
  t.true(error instanceof Error && error instanceof ShardmapError)
  t.is(error.name, 'ShardmapError')
  t.true(error.stack!.includes('caller'))
  const key: readonly Key[] | undefined = error.keys
  t.is(key, undefined)
})
