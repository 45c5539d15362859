// Getters and Proxies of a value run the user's code in the middle of a call.
import test from 'ava'
import { SharedMap, ShardmapError } from 'shardmap'
import { refusesAndKeeps } from './fixtures/codes.js'
import { fresh } from './fixtures/threads.js'

const large = 'x'.repeat(100_000)

for (const near of [0, 8192]) {
  const open = () => SharedMap.open<any, any>(fresh(), { near }).setMany([['a', { a: 1 }], ['n', 5], ['big', { large }]])

  /** Uses every part of the map that could hold something half done. */
  const disturb = (map: SharedMap<any, any>) => {
    map.get('a')
    map.get('big')
    map.get('absent')
    map.set('inner', { inner: [1, -0] })
    map.set('bytes', new Uint8Array(70_000))
    map.get('bytes')
    map.setMany([['m1', { m: 1 }], ['m2', new Date(0)]])
    map.increment('n')
    map.batch().set('batched', { b: 1 }).flush()
    for (const _ of map) break
    map.snapshot().get('a')
    return { made: true }
  }

  test(`a getter that uses the map while its value is stored does no harm (near ${near})`, t => {
    const map = open()
    const hostile = (extra: unknown = null) => ({ before: 1, get g() { return disturb(map) }, extra, after: [2] })
    for (const extra of [null, -0, new Date(7), new Uint8Array([1])]) {
      const expected = { before: 1, g: { made: true }, extra, after: [2] }
      map.set('k', hostile(extra))
      t.deepEqual(map.get('k'), expected)
      t.deepEqual(map.swap('k', hostile(extra)), expected)
      t.true(map.compareAndSet('k', hostile(extra), hostile(extra)))
      t.deepEqual(map.get('k'), expected)
      map.delete('k')
      t.deepEqual(map.getOrInsert('k', hostile(extra)), expected)
      t.deepEqual(map.update('k', () => hostile(extra)), expected)
      map.setMany([['k', hostile(extra)], ['k2', hostile(extra)]])
      t.deepEqual(map.getMany(['k', 'k2', 'inner', 'm1', 'm2', 'batched']), [expected, expected, { inner: [1, -0] }, { m: 1 }, new Date(0), { b: 1 }])
      t.deepEqual(map.batch().set('k', hostile(extra)).get('k'), expected)
    }
    t.is(map.get('big').large, large)
  })

  test(`a getter that writes its own key loses to the write it is part of (near ${near})`, t => {
    const map = open()
    map.set('a', { get g() { map.set('a', 'inner'); return 1 } })
    t.deepEqual(map.get('a'), { g: 1 })
    t.false(map.compareAndSet('a', { get g() { map.set('a', 'inner'); return 1 } }, 'next'))
    t.is(map.get('a'), 'inner')
  })

  test(`a getter that throws changes nothing and its error comes through (near ${near})`, t => {
    const map = open()
    const failing = { ok: 1, get g(): never { throw new RangeError('mine') } }
    for (const value of [failing, [failing], { z: -0, failing }, new Map([[1, failing]]), { at: new Date(0), failing }]) {
      for (const call of [() => map.set('a', value), () => map.setMany([['n', 1], ['a', value]]), () => map.swap('a', value), () => map.batch().set('a', value)]) {
        t.throws(call, { instanceOf: RangeError, message: 'mine' })
      }
    }
    t.deepEqual(map.getMany(['a', 'n']), [{ a: 1 }, 5])
  })

  test(`a getter that answers differently each time is stored by one of its answers or refused (near ${near})`, t => {
    const map = open()
    const answers: unknown[][] = [[1, () => 1], [1, Promise.resolve()], [1, -0], [1, new Date(0)], [{ a: 1 }, { a: () => 1 }], ['x', '\uD800'], [1, undefined], [[1], [1, , 2]]]
    for (const list of answers) {
      for (const wrap of [(value: object) => value, (value: object) => ({ z: -0, value })]) {
        let calls = 0
        const value = { get g() { return list[calls++ % list.length] } }
        try {
          map.set('k', wrap(value))
        } catch (error) {
          t.is((error as ShardmapError).code, 'ERR_SHARDMAP_VALUE')
          continue
        }
        const got = map.get('k')
        const g = 'g' in got ? got.g : got.value.g
        t.true(list.some(answer => typeof answer !== 'function' && JSON.stringify(answer) === JSON.stringify(g)), `${String(list)}: ${g}`)
      }
    }
  })

  test(`an object that changes while it is walked is stored or refused, and the map stays whole (near ${near})`, t => {
    const map = open()
    const shrinking: any = { get a() { delete shrinking.b; shrinking.c = () => 1; return 1 }, b: 2, c: 3 }
    const growing: any[] = [{ get a() { if (growing.length < 100) growing.push({}, -0, growing); return 1 } }, 2]
    const emptied: any[] = [{ get a() { emptied.length = 0; return 1 } }, 2, 3]
    for (const value of [shrinking, growing, emptied]) {
      try {
        map.set('k', value)
        map.get('k')
      } catch (error) {
        t.true(error instanceof ShardmapError, String(error))
      }
    }
    t.deepEqual(map.get('a'), { a: 1 })
  })

  test(`a Proxy is refused or stored as what it shows, whatever its traps do (near ${near})`, t => {
    const map = open()
    const traps: ProxyHandler<any> = {
      ownKeys(target) { disturb(map); return Reflect.ownKeys(target) },
      get(target, key) { disturb(map); return Reflect.get(target, key) },
      getOwnPropertyDescriptor(target, key) { disturb(map); return Reflect.getOwnPropertyDescriptor(target, key) },
      getPrototypeOf(target) { disturb(map); return Reflect.getPrototypeOf(target) },
    }
    for (const target of [{ x: 1 }, [1, 2], new Map(), new Date(0), () => 1]) {
      for (const value of [new Proxy(target, traps), { deep: [new Proxy(target, traps)] }]) {
        try {
          map.set('k', value)
          t.deepEqual(JSON.stringify(map.get('k')), JSON.stringify(value))
        } catch (error) {
          t.is((error as ShardmapError).code, 'ERR_SHARDMAP_VALUE', String(error))
        }
      }
    }
    t.deepEqual(map.get('a'), { a: 1 })
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    refusesAndKeeps(t, map, 'ERR_SHARDMAP_VALUE', () => map.set('k', proxy))
    refusesAndKeeps(t, map, 'ERR_SHARDMAP_VALUE', () => map.set('k', [{ proxy }]))
  })

  test(`a tuple key whose parts run code is one key, or refused and nothing (near ${near})`, t => {
    const map = open()
    const counted: any[] = ['a', 1]
    let reads = 0
    Object.defineProperty(counted, 1, { get: () => { disturb(map); return reads++ }, enumerable: true })
    const proxied: any = new Proxy(['p', 1], { get(target, name) { disturb(map); return Reflect.get(target, name) } })
    for (const key of [counted, proxied]) {
      const stored = (value: unknown) => [...map].filter(row => row[1] === value).length
      for (const [way, write] of Object.entries({ set: () => map.set(key, 'one'), setMany: () => map.setMany([[key, 'one']]) })) {
        try {
          write()
          t.is(stored('one'), 1, way)
        } catch (error) {
          t.is((error as ShardmapError).code, 'ERR_SHARDMAP_KEY', way)
          t.is(stored('one'), 0, way)
        }
        map.clear()
      }
    }
  })
}

test('a value nested deeper than the stack is refused with ERR_SHARDMAP_VALUE or stored, never a crash', t => {
  const map = SharedMap.open<any, any>(fresh())
  map.set('a', 1)
  for (const wrap of [(value: any) => [value], (value: any) => ({ value }), (value: any) => new Map([[1, value]]), (value: any) => [value, -0]]) {
    let value: any = 1
    for (let i = 0; i < 100_000; i++) value = wrap(value)
    refusesAndKeeps(t, map, 'ERR_SHARDMAP_VALUE', () => map.set('k', value))
  }
})
