// A snapshot is the map at one point in time.
import test from 'ava'
import { SharedMap } from 'shardmap'
import { refuses } from './fixtures/codes.js'
import { fresh } from './fixtures/threads.js'

const open = (options = {}) => SharedMap.open<any, any>(fresh(), options)
const values = [1, 'x', 5n, null, undefined, { a: [1] }, new Uint8Array([1, 2]), new Map([[1, { b: 2 }]]), 'y'.repeat(100_000)]

test('a snapshot reads like the map it was taken from', t => {
  const map = open()
  values.forEach((value, i) => map.set(['v', i], value))
  const snapshot = map.snapshot()
  t.is(snapshot.size, values.length)
  t.is(typeof snapshot.version, 'bigint')
  t.true(snapshot.at instanceof Date)
  values.forEach((value, i) => t.deepEqual(snapshot.get(['v', i]), value))
  t.is(snapshot.get('absent'), undefined)
  t.true(snapshot.has(['v', 4]))
  t.false(snapshot.has('absent'))
  const rows = [...snapshot].sort((a, b) => a[0][1] - b[0][1])
  t.deepEqual(rows, values.map((value, i) => [['v', i], value]))
  t.deepEqual([...snapshot.entries()].length, values.length)
  t.deepEqual([...snapshot.keys()].map(key => key[1]).sort(), [...values.keys()])
  t.is([...snapshot.values()].length, values.length)
})

test('what a snapshot gives is frozen or its own', t => {
  const map = open()
  map.set('o', { a: [1] }).set('m', new Map([[1, 1]]))
  const snapshot = map.snapshot()
  t.true(Object.isFrozen(snapshot.get('o')) && Object.isFrozen(snapshot.get('o').a))
  snapshot.get('m').set(1, 2)
  t.deepEqual(snapshot.get('m'), new Map([[1, 1]]))
})

test('no later write of any kind reaches a snapshot', t => {
  for (const shards of [2, 64]) {
    const map = open({ shards })
    for (let i = 0; i < 300; i++) map.set(i, i)
    const snapshot = map.snapshot()
    map.set(0, -1).set('new', 1)
    map.delete(1)
    map.increment(2)
    map.swap(3, 'x')
    map.compareAndSet(4, 4, 'x')
    map.update(5, () => undefined)
    map.setMany([[6, 'x'], ['new2', 1]])
    map.deleteMany([7, 8])
    map.batch().set(9, 'x').flush()
    map.getOrInsert('new3', 1)
    map.reserve(10_000)
    t.deepEqual([...snapshot].sort((a, b) => a[0] - b[0]), Array.from({ length: 300 }, (_, i) => [i, i]))
    map.clear()
    for (let i = 0; i < 300; i++) t.is(snapshot.get(i), i)
    t.is(snapshot.size, 300)
    t.false(snapshot.has('new'))
  }
})

test('snapshots of different moments stand side by side, each with its own version', t => {
  const map = open()
  const taken = Array.from({ length: 10 }, (_, i) => map.set('k', i).set(i, i).snapshot())
  taken.forEach((snapshot, i) => {
    t.is(snapshot.get('k'), i)
    t.is(snapshot.size, i + 2)
    if (i > 0) t.true(snapshot.version > taken[i - 1].version)
  })
  taken[4].close()
  t.is(taken[3].get('k'), 3)
  t.is(taken[5].get('k'), 5)
})

test('a snapshot taken while an older one is half read leaves the older as it was', t => {
  const map = open({ shards: 16 })
  for (let i = 0; i < 1000; i++) map.set(i, 'old')
  const older = map.snapshot()
  const walk = older.entries()
  walk.next()
  for (let i = 0; i < 1000; i += 2) map.set(i, 'middle')
  const newer = map.snapshot()
  map.clear()
  t.true([...walk].every(([, value]) => value === 'old'))
  t.is([...newer.values()].filter(value => value === 'middle').length, 500)
  t.is(newer.size, 1000)
})

test('a closed snapshot throws ERR_SHARDMAP_CLOSED, and closing twice is closing', t => {
  const map = open({ shards: 16 })
  for (let i = 0; i < 1000; i++) map.set(i, i)
  const snapshot = map.snapshot()
  const walk = snapshot.entries()
  walk.next()
  snapshot.close()
  snapshot.close()
  snapshot[Symbol.dispose]()
  const uses: Record<string, () => unknown> = {
    get: () => snapshot.get(1), has: () => snapshot.has(1), entries: () => [...snapshot.entries()], keys: () => [...snapshot.keys()],
    values: () => [...snapshot.values()], iterator: () => [...snapshot], size: () => snapshot.size,
    walk: () => { while (!walk.next().done); },
  }
  for (const [label, use] of Object.entries(uses)) refuses(t, 'ERR_SHARDMAP_CLOSED', use, label)
  t.is(map.get(1), 1)
})

test('a snapshot of an empty map is empty, for good', t => {
  const map = open()
  const snapshot = map.snapshot()
  map.set('a', 1)
  t.is(snapshot.size, 0)
  t.deepEqual([...snapshot], [])
})

test('snapshots that nobody closes or reads cost the map nothing that can be seen', t => {
  const map = open()
  for (let i = 0; i < 200; i++) {
    map.set(i % 10, i)
    map.snapshot()
  }
  t.is(map.size, 10)
  t.is(map.get(9), 199)
})
