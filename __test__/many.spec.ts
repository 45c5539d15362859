// Operations on many keys, among them ones whose input calls back into the map.
import test from 'ava'
import { SharedMap } from 'shardmap'
import { refusesAndKeeps } from './fixtures/codes.js'
import { fresh } from './fixtures/threads.js'

const open = <V = any>() => SharedMap.open<any, V>(fresh())
const values = [undefined, 1, 'x', 5n, null, { a: 1 }, [1, -0], new Uint8Array([1, 2, 3]), new Map([[1, 2]]), 'y'.repeat(200_000), new Uint8Array(100_000).fill(7)]

test('setMany takes any iterable of entries, the last of a key wins', t => {
  const map = open()
  t.is(map.setMany([['a', 1], ['b', 2], ['a', 3]]), map)
  map.setMany(new Map([['c', 4]]))
  map.setMany((function* () { yield ['d', 5] as const })())
  map.setMany([])
  t.deepEqual([...map].sort(), [['a', 3], ['b', 2], ['c', 4], ['d', 5]])
})

for (const consistent of [undefined, false, true]) {
  test(`getMany gives every kind of value in the order asked, absent ones as undefined (consistent: ${consistent})`, t => {
    const map = open()
    values.forEach((value, i) => map.set(i, value))
    const keys = [...values.keys(), 'absent', 0, 5]
    const options = consistent === undefined ? undefined : { consistent }
    t.deepEqual(map.getMany(keys, options), [...values, undefined, values[0], values[5]])
    t.deepEqual(map.getMany(new Set([1, 2]), options), [1, 'x'])
    t.deepEqual(map.getMany([], options), [])
  })
}

test('what getMany gives is as frozen as what get gives', t => {
  const map = open()
  map.set('k', { a: [1] })
  const [value] = map.getMany(['k'], { consistent: true })
  t.true(Object.isFrozen(value) && Object.isFrozen(value.a))
})

test('deleteMany counts what was there', t => {
  const map = open()
  map.setMany([['a', 1], ['b', 2], ['c', undefined]])
  t.is(map.deleteMany(['a', 'x', 'a', 'c']), 2)
  t.is(map.deleteMany([]), 0)
  t.deepEqual([...map], [['b', 2]])
})

test('a bad key or value anywhere in setMany and deleteMany changes nothing', t => {
  const map = open()
  map.set('a', 1)
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_VALUE', () => map.setMany([['a', 2], ['b', 3], ['c', () => 0]]))
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_KEY', () => map.setMany([['a', 2], [null, 3]]))
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_KEY', () => map.setMany([['a', 2], ['x'.repeat(70_000), 3]]))
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_KEY', () => map.deleteMany(['a', Symbol('s')]))
  map.setMany([['z', 1]])
  t.deepEqual([...map].sort(), [['a', 1], ['z', 1]], 'nothing of the refused calls was left to be applied later')
})

test('an iterable that throws midway changes nothing and its error comes through', t => {
  const map = open()
  map.set('a', 1)
  const failing = function* (): Generator<any> {
    yield ['a', 2]
    yield ['b', 3]
    throw new RangeError('mine')
  }
  t.throws(() => map.setMany(failing()), { instanceOf: RangeError, message: 'mine' })
  t.deepEqual([...map], [['a', 1]])
  const keys = function* () {
    yield 'a'
    throw new RangeError('mine')
  }
  t.throws(() => map.deleteMany(keys()), { instanceOf: RangeError })
  t.throws(() => map.getMany(keys()), { instanceOf: RangeError })
  map.setMany([])
  t.deepEqual([...map], [['a', 1]])
})

test('what is no iterable, and entries that are no pairs, are refused with an error and change nothing', t => {
  const map = open()
  map.set('a', 1)
  for (const bad of [null, undefined, 5, {}, [5], [null]]) {
    t.throws(() => map.setMany(bad as any), { any: true }, JSON.stringify(bad))
  }
  for (const bad of [null, undefined, 5, {}]) {
    t.throws(() => map.getMany(bad as any), { any: true })
    t.throws(() => map.deleteMany(bad as any), { any: true })
  }
  t.deepEqual([...map], [['a', 1]])
})

test('an iterable that uses the map itself, setMany included, mixes nothing up', t => {
  const map = open()
  const hostile = function* (): Generator<any> {
    yield ['outer1', 1]
    map.setMany([['inner1', { i: 1 }], ['inner2', 'two']])
    t.is(map.get('outer1'), undefined, 'setMany applies when its input has ended')
    yield ['outer2', { o: 2 }]
    t.is(map.deleteMany(['inner2']), 1)
    t.deepEqual(map.getMany(['inner1', 'inner2']), [{ i: 1 }, undefined])
    map.batch().set('batched', 1).flush()
    yield ['outer3', 'three']
  }
  map.setMany(hostile())
  t.deepEqual([...map].sort(), [['batched', 1], ['inner1', { i: 1 }], ['outer1', 1], ['outer2', { o: 2 }], ['outer3', 'three']])
})

test('a value whose getter writes many keys is stored beside them', t => {
  const map = open()
  const value = (name: string) => ({
    get made() {
      map.setMany([[`${name}1`, 1], [`${name}2`, 2]])
      return name
    },
  })
  map.setMany([['a', value('x')], ['b', value('y')]])
  t.deepEqual(map.getMany(['a', 'b', 'x1', 'x2', 'y1', 'y2']), [{ made: 'x' }, { made: 'y' }, 1, 2, 1, 2])
  t.is(map.size, 6)
})

test('thousands of entries go through in one call', t => {
  const map = open()
  const rows = Array.from({ length: 20_000 }, (_, i) => [['row', i], { i, text: `t${i}` }] as const)
  map.setMany(rows)
  t.is(map.size, 20_000)
  t.deepEqual(map.getMany(rows.map(row => row[0])), rows.map(row => row[1]))
  t.is(map.deleteMany(rows.map(row => row[0])), 20_000)
  t.is(map.size, 0)
})

test('a consistent getMany takes 50,000 keys and says what to use for more', t => {
  const map = open<number>()
  const keys = Array.from({ length: 50_001 }, (_, i) => i)
  map.setMany(keys.map(key => [key, key] as const))
  t.deepEqual(map.getMany(keys.slice(1), { consistent: true }), keys.slice(1))
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_OPTION', () => map.getMany(keys, { consistent: true }))
})
