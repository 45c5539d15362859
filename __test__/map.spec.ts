// What a user of Map expects, held by SharedMap.
import test from 'ava'
import { SharedMap } from 'shardmap'
import { fresh } from './fixtures/threads.js'

for (const near of [0, 8192]) {
  const open = <V = unknown>() => SharedMap.open<any, V>(fresh(), { near })

  test(`set, get, has, delete and size agree with Map (near ${near})`, t => {
    const map = open()
    t.is(map.get('a'), undefined)
    t.false(map.has('a'))
    t.is(map.set('a', 1), map)
    t.is(map.get('a'), 1)
    t.true(map.has('a'))
    t.is(map.size, 1)
    map.set('a', 2).set('b', 3)
    t.is(map.get('a'), 2)
    t.is(map.size, 2)
    t.true(map.delete('a'))
    t.false(map.delete('a'))
    t.is(map.get('a'), undefined)
    t.is(map.size, 1)
    map.clear()
    t.is(map.size, 0)
    t.is(map.get('b'), undefined)
  })

  test(`a remembered absence ends with the first set (near ${near})`, t => {
    const map = open()
    for (let i = 0; i < 3; i++) t.is(map.get('k'), undefined)
    map.set('k', 1)
    t.is(map.get('k'), 1)
    map.clear()
    for (let i = 0; i < 3; i++) t.false(map.has('k'))
  })

  test(`a stored undefined is a value (near ${near})`, t => {
    const map = open<undefined>()
    map.set('u', undefined)
    t.true(map.has('u'))
    t.is(map.size, 1)
    for (let i = 0; i < 2; i++) t.is(map.get('u'), undefined)
    t.deepEqual([...map], [['u', undefined]])
    t.is(map.getOrInsert('u', 1 as never), undefined)
    t.true(map.delete('u'))
    t.false(map.has('u'))
  })

  test(`every way to change a key is seen by the next get (near ${near})`, t => {
    const map = open<any>()
    const sees = (value: unknown, change: () => unknown) => {
      map.get('k')
      change()
      t.deepEqual(map.get('k'), value, String(change))
      t.deepEqual(map.get('k'), value, String(change))
    }
    sees(1, () => map.set('k', 1))
    sees(2, () => map.increment('k'))
    sees({ a: 1 }, () => map.swap('k', { a: 1 }))
    sees(3, () => map.compareAndSet('k', { a: 1 }, 3))
    sees(4, () => map.update('k', v => v + 1))
    sees(undefined, () => map.delete('k'))
    sees(5, () => map.getOrInsert('k', 5))
    sees(6, () => map.setMany([['k', 6]]))
    sees(undefined, () => map.deleteMany(['k']))
    sees(7, () => map.getOrInsertComputed('k', () => 7))
    sees(8, () => map.batch().set('k', 8).flush())
    sees(undefined, () => map.clear())
  })
}

test('iteration gives every entry once, in each of its forms', t => {
  const map = SharedMap.open<string, number>(fresh())
  const model = new Map<string, number>()
  for (let i = 0; i < 3000; i++) {
    map.set(`k${i}`, i)
    model.set(`k${i}`, i)
  }
  const byKey = (a: [string, number], b: [string, number]) => a[1] - b[1]
  t.deepEqual([...map.entries()].sort(byKey), [...model])
  t.deepEqual([...map].sort(byKey), [...model])
  t.deepEqual([...map.keys()].sort(), [...model.keys()].sort())
  t.deepEqual([...map.values()].sort((a, b) => a - b), [...model.values()])
  const seen = new Map<string, number>()
  const self = {}
  map.forEach(function (this: unknown, value, key, whole) {
    t.is(this, self)
    t.is(whole, map)
    seen.set(key, value)
  }, self)
  t.is(seen.size, 3000)
})

test('an iterator is its own iterable, stays done, and can be left early', t => {
  const map = SharedMap.open<string, number>(fresh())
  map.setMany([['a', 1], ['b', 2], ['c', 3]])
  const entries = map.entries()
  t.is(entries[Symbol.iterator](), entries)
  for (const [key] of entries) {
    t.is(typeof key, 'string')
    break
  }
  const keys = map.keys()
  while (!keys.next().done);
  t.deepEqual(keys.next(), { value: undefined, done: true })
  t.is(map.size, 3)
})

test('an entry present throughout comes exactly once while the map grows and shrinks around it', t => {
  const map = SharedMap.open<string, number>(fresh())
  for (let i = 0; i < 500; i++) map.set(`stable${i}`, i)
  const seen: string[] = []
  let n = 0
  for (const key of map.keys()) {
    for (let i = 0; i < 20; i++) map.set(`new${n++}`, n)
    map.delete(`new${n - 10}`)
    if (key.startsWith('stable')) seen.push(key)
    if (n > 100_000) break
  }
  t.is(seen.length, 500)
  t.is(new Set(seen).size, 500)
})

test('entries() of keys of every type gives the keys back', t => {
  const map = SharedMap.open<any, number>(fresh())
  const keys = ['s', 1, -2.5, 10n, true, false, new Uint8Array([1, 2]), ['t', 1, new Uint8Array(0)]]
  keys.forEach((key, i) => map.set(key, i))
  for (const [key, i] of map) t.deepEqual(key, keys[i])
  t.is(map.size, keys.length)
})

test('scan gives exactly the tuples that begin with the prefix', t => {
  const map = SharedMap.open<any, number>(fresh())
  map.setMany([
    [['user', 1], 1], [['user', 1, 'name'], 2], [['user', 10], 3], [['user', '1'], 4], [['users', 1], 5], ['user', 6], [['use'], 7],
  ])
  const scan = (prefix: any[]) => [...map.scan(prefix)].map(row => row[1]).sort()
  t.deepEqual(scan(['user']), [1, 2, 3, 4])
  t.deepEqual(scan(['user', 1]), [1, 2])
  t.deepEqual(scan(['user', 1, 'name']), [2])
  t.deepEqual(scan(['nobody']), [])
  t.deepEqual([...map.scan(['users'])], [[['users', 1], 5]])
})

test('scan takes no tuple whose part only begins as that of the prefix, not even with a zero after it', t => {
  const map = SharedMap.open<any, number>(fresh())
  map.setMany([
    [['a', 1], 1], [['a\0', 1], 2], [['a\0b', 1], 3], [['', 1], 4], [['\0', 1], 5], [[new Uint8Array([1]), 1], 6], [[new Uint8Array([1, 0, 2]), 1], 7],
  ])
  const scan = (prefix: any[]) => [...map.scan(prefix)].map(row => row[1]).sort()
  t.deepEqual(scan(['a']), [1])
  t.deepEqual(scan(['a\0']), [2])
  t.deepEqual(scan(['']), [4])
  t.deepEqual(scan([new Uint8Array([1])]), [6])
  t.deepEqual(scan([]), [1, 2, 3, 4, 5, 6, 7])
})

test('name, toStringTag and names() tell what is open', t => {
  const name = fresh('named')
  const map = SharedMap.open(name)
  t.is(map.name, name)
  t.is(map[Symbol.toStringTag], 'SharedMap')
  t.is(Object.prototype.toString.call(map), '[object SharedMap]')
  t.true(SharedMap.names().includes(name))
})

test('a second handle of a thread sees what the first does', t => {
  const name = fresh()
  const one = SharedMap.open<string, number>(name)
  const two = SharedMap.open<string, number>(name)
  for (let i = 0; i < 100; i++) {
    one.set('k', i)
    t.is(two.get('k'), i)
    two.delete('k')
    t.is(one.get('k'), undefined)
  }
})

test('reserve changes nothing that can be seen but the room', t => {
  const map = SharedMap.open<number, number>(fresh())
  map.set(1, 1)
  map.reserve(100_000)
  t.is(map.size, 1)
  t.deepEqual([...map], [[1, 1]])
})

test('more keys than the near cache holds are all read right', t => {
  const map = SharedMap.open<number, number>(fresh(), { near: 16 })
  for (let i = 0; i < 1000; i++) map.set(i, i)
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 1000; i++) if (map.get(i) !== i) t.fail(`key ${i}`)
  }
  map.set(7, -7)
  t.is(map.get(7), -7)
})
