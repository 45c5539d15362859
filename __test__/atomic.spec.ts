// Operations that read and write one key in one step.
import test from 'ava'
import { SharedMap } from 'shardmap'
import { refuses, refusesAndKeeps } from './fixtures/codes.js'
import { fresh } from './fixtures/threads.js'

const open = <V = any>() => SharedMap.open<any, V>(fresh())

test('swap gives the old value and stores the new one', t => {
  const map = open()
  t.is(map.swap('k', 1), undefined)
  t.is(map.swap('k', { a: [1] }), 1)
  t.deepEqual(map.swap('k', new Uint8Array([1])), { a: [1] })
  t.deepEqual(map.swap('k', undefined), new Uint8Array([1]))
  t.true(map.has('k'))
})

test('getOrInsert inserts once and then gives what is there', t => {
  const map = open()
  t.deepEqual(map.getOrInsert('k', { a: 1 }), { a: 1 })
  t.deepEqual(map.getOrInsert('k', { a: 2 }), { a: 1 })
  t.is(map.size, 1)
})

test('getOrInsertComputed computes only what is absent, with the key', t => {
  const map = open()
  const asked: unknown[] = []
  const compute = (key: unknown) => asked.push(key)
  t.is(map.getOrInsertComputed('k', compute), 1)
  t.is(map.getOrInsertComputed('k', compute), 1)
  t.deepEqual(asked, ['k'])
  t.is(map.getOrInsertComputed('u', () => undefined), undefined)
  t.true(map.has('u'))
})

test('getOrInsertComputed keeps what its own compute stored, and lets its throw through', t => {
  const map = open()
  t.is(map.getOrInsertComputed('k', () => (map.set('k', 'inner'), 'outer')), 'inner')
  t.throws(() => map.getOrInsertComputed('x', () => { throw new RangeError('mine') }), { instanceOf: RangeError, message: 'mine' })
  t.false(map.has('x'))
  refuses(t, 'ERR_SHARDMAP_VALUE', () => map.getOrInsertComputed('x', () => Promise.resolve(1)))
  t.false(map.has('x'))
})

test('compareAndSet compares primitives by SameValueZero', t => {
  const map = open()
  const same: [unknown, unknown][] = [[NaN, NaN], [0, -0], [-0, 0], ['a', 'a'], [1n, 1n], [null, null], [true, true]]
  for (const [stored, expected] of same) {
    map.set('k', stored)
    t.true(map.compareAndSet('k', expected, 'next'), `${String(stored)} ${String(expected)}`)
    t.is(map.get('k'), 'next')
  }
  const differ: [unknown, unknown][] = [[1, '1'], [1, 1n], [1, true], [null, undefined], ['', undefined], [0, undefined], [1, [1]], [0, null], ['a', 'b']]
  for (const [stored, expected] of differ) {
    map.set('k', stored)
    t.false(map.compareAndSet('k', expected, 'next'), `${String(stored)} ${String(expected)}`)
    t.is(map.get('k'), stored)
  }
})

test('compareAndSet compares structures by their encoded bytes: key order counts', t => {
  const map = open()
  map.set('k', { a: 1, b: [2, { c: 3 }] })
  t.false(map.compareAndSet('k', { b: [2, { c: 3 }], a: 1 }, 0))
  t.false(map.compareAndSet('k', { a: 1, b: [2, { c: 4 }] }, 0))
  t.true(map.compareAndSet('k', { a: 1, b: [2, { c: 3 }] }, 0))
})

test('undefined as expected matches undefined and absent; as next it deletes', t => {
  const map = open()
  t.true(map.compareAndSet('k', undefined, undefined))
  t.false(map.has('k'))
  t.true(map.compareAndSet('k', undefined, 1))
  t.false(map.compareAndSet('k', undefined, 2))
  t.true(map.compareAndSet('k', 1, undefined))
  t.false(map.has('k'))
  t.false(map.compareAndSet('k', 1, 2))
  map.set('k', undefined)
  t.true(map.compareAndSet('k', undefined, 3))
  t.is(map.get('k'), 3)
})

test('update stores what fn gives, deletes on undefined, and starts from undefined', t => {
  const map = open()
  t.is(map.update('k', v => { t.is(v, undefined); return 1 }), 1)
  t.is(map.update('k', v => v + 1), 2)
  t.deepEqual(map.update('k', v => ({ v })), { v: 2 })
  t.is(map.update('k', () => undefined), undefined)
  t.false(map.has('k'))
  t.is(map.update('k', () => undefined), undefined)
  t.false(map.has('k'))
})

test('what update returns is what get returns: a frozen copy, not the object that fn made', t => {
  const map = open()
  const made = { n: [1] }
  const returned = map.update('k', () => made)
  t.deepEqual(returned, made)
  t.not(returned, made)
  t.true(Object.isFrozen(returned) && Object.isFrozen(returned.n) && !Object.isFrozen(made))
  made.n.push(2)
  t.deepEqual(map.get('k'), { n: [1] })
})

test('update runs again when the entry was written meanwhile, even with the same value', t => {
  const map = open()
  map.set('k', 1)
  let runs = 0
  t.is(map.update('k', v => {
    if (runs++ === 0) map.set('k', 5).set('k', 1)
    return v + 1
  }), 2)
  t.is(runs, 2)
  runs = 0
  map.update('absent', () => {
    if (runs++ === 0) {
      map.set('absent', 9)
      map.delete('absent')
    }
    return runs
  })
  t.is(map.get('absent'), 2)
})

test('what fn of update reads and writes elsewhere does not disturb it', t => {
  const map = open()
  map.set('k', 1).set('other', { big: 'x'.repeat(100_000) })
  let runs = 0
  t.is(map.update('k', v => {
    runs++
    t.is(map.get('other').big.length, 100_000)
    map.get(`absent${runs}`)
    map.update('inner', w => (w ?? 0) + 1)
    return v + 1
  }), 2)
  t.is(map.get('inner'), runs)
})

test('update lets a throw through and refuses a thenable, changing nothing', t => {
  const map = open()
  map.set('k', 1)
  t.throws(() => map.update('k', () => { throw new RangeError('mine') }), { instanceOf: RangeError, message: 'mine' })
  t.is(map.get('k'), 1)
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_VALUE', () => map.update('k', async () => 2))
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_VALUE', () => map.update('k', () => ({ then() {} })))
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_VALUE', () => map.update('k', () => () => 2))
})

test('increment starts at 0, gives the new value and keeps the type', t => {
  const map = open()
  t.is(map.increment('n'), 1)
  t.is(map.increment('n'), 2)
  t.is(map.increment('n', 0.5), 2.5)
  t.is(map.increment('n', -3), -0.5)
  t.is(map.increment('b', 1n), 1n)
  t.is((map as any).increment('b'), 2n)
  t.is(map.increment('b', -5n), -3n)
  t.is(map.increment('i', Infinity), Infinity)
  t.deepEqual(map.getMany(['n', 'b', 'i']), [-0.5, -3n, Infinity])
})

test('increment of bigints is exact at every size', t => {
  const map = open()
  for (const bits of [1n, 31n, 32n, 53n, 63n, 64n, 65n, 112n, 119n, 120n, 127n, 128n, 200n, 1000n]) {
    for (const sign of [1n, -1n]) {
      const edge = sign * 2n ** bits
      map.set('b', edge - sign)
      t.is(map.increment('b', sign), edge)
      t.is(map.increment('b', sign), edge + sign)
      t.is(map.increment('b', -edge), sign)
      t.is(map.increment('b', edge), edge + sign)
      t.is(map.get('b'), edge + sign)
    }
  }
})

test('increment refuses mixed types and what is no number, changing nothing', t => {
  const map = open()
  map.setMany([['n', 1], ['b', 1n], ['s', '1'], ['o', { n: 1 }], ['null', null], ['t', true], ['d', new Date(0)]])
  const refused = (key: string, by?: any) => refusesAndKeeps(t, map, 'ERR_SHARDMAP_VALUE', () => map.increment(key, by), `${key} ${String(by)}`)
  refused('n', 1n)
  refused('b', 1)
  for (const key of ['s', 'o', 'null', 't', 'd']) refused(key)
  for (const by of ['1', null, {}, true, Symbol('x')]) {
    refused('n', by)
    refused('absent', by)
  }
})
