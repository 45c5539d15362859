// Hostile receivers and arguments throw; they never crash the process or reach another map.
import test from 'ava'
import { createRequire } from 'node:module'
import { inspect } from 'node:util'
import { MessageChannel, Worker } from 'node:worker_threads'
import { SharedMap, ShardmapError } from 'shardmap'
import { fresh } from './fixtures/threads.js'

const open = () => SharedMap.open<any, any>(fresh('receiver')).set('a', { x: 1 })

function receivers(map: SharedMap<any, any>): [string, any][] {
  return [
    ['undefined', undefined], ['null', null], ['a number', 5], ['an object', {}], ['a Map', new Map()], ['a forged object', Object.create(SharedMap.prototype)],
    ['an heir of a handle', Object.create(map)], ['a Proxy of a handle', new Proxy(map, {})], ['the class', SharedMap], ['the prototype', SharedMap.prototype],
    ['a snapshot', map.snapshot()], ['a batch', map.batch()], ['a copy', { ...map }], ['a copy with the prototype', Object.assign(Object.create(SharedMap.prototype), map)],
  ]
}

const args: any[] = ['a', () => 1]

for (const [kind, make] of [['SharedMap', open], ['a snapshot', () => open().snapshot()], ['a batch', () => open().batch()]] as const) {
  test(`methods of ${kind} taken off and called on anything else throw`, t => {
    const whole: any = make()
    const prototype = Object.getPrototypeOf(whole)
    const others = receivers(open()).filter(([, other]) => Object.getPrototypeOf(other ?? 0) !== prototype || other.constructor !== whole.constructor || !(inspectSafely(other) ?? '').includes('('))
    let tried = 0
    for (const name of Reflect.ownKeys(prototype)) {
      if (name === 'constructor' || name === Symbol.toStringTag) continue
      const { value, get } = Object.getOwnPropertyDescriptor(prototype, name)!
      const method = value ?? get
      if (typeof method !== 'function' || name === inspect.custom) continue
      for (const [label, other] of others) {
        if (other !== null && typeof other === 'object' && Object.getPrototypeOf(other) === prototype && label.startsWith('a ') && !label.includes('forged') && !label.includes('copy') && !label.includes('Proxy')) continue
        t.throws(() => {
          const result = method.apply(other, args)
          if (result && typeof result[Symbol.iterator] === 'function') for (const _ of result);
        }, { any: true }, `${String(name)} on ${label}`)
        tried++
      }
    }
    t.true(tried > 50)
  })
}

function inspectSafely(value: unknown): string | undefined {
  try {
    return inspect(value)
  } catch {
    return undefined
  }
}

test('nobody can make a handle but open, whatever is called with new', t => {
  t.throws(() => new (SharedMap as any)('x'), { any: true })
  t.throws(() => (SharedMap as any)('x'), { any: true })
  t.throws(() => Reflect.construct(SharedMap, ['x'], Map), { any: true })
  class Mine extends SharedMap<string, number> {
    static make() { return new (Mine as any)('x') }
  }
  t.throws(() => Mine.make(), { any: true })
})

test('native functions on forged receivers work on their own map or throw', t => {
  const binding = createRequire(import.meta.url)('../../binding.cjs')
  const space = binding.attach(new ArrayBuffer(16 + 65536), ShardmapError)
  const [one, two] = [space.openMap(fresh()), space.openMap(fresh())]
  one.set('k', 1, 1)
  two.set('k', 2, 1)
  const snapshot = one.snapshot()
  const forged = [undefined, null, {}, two, snapshot, space, Object.create(one), new Proxy(one, {}), binding, () => 1]
  for (const receiver of forged) {
    t.is(one.get.call(receiver, 'k'), 1)
    t.is(snapshot.get.call(receiver, 'k'), 1)
    for (const owner of [space, one, snapshot]) {
      for (const name of Object.keys(owner)) {
        if (typeof owner[name] !== 'function' || ['close', 'clear', 'delete'].includes(name)) continue
        try {
          owner[name].call(receiver)
        } catch (error) {
          t.true(error instanceof Error, `${name}: ${String(error)}`)
        }
      }
    }
  }
  t.is(two.get('k'), 2)
})

test('native functions refuse or survive every hostile argument', t => {
  const binding = createRequire(import.meta.url)('../../binding.cjs')
  const space = binding.attach(new ArrayBuffer(16 + 65536), ShardmapError)
  const map = space.openMap(fresh())
  const snapshot = map.snapshot()
  const detached = new ArrayBuffer(8)
  const view = new Uint8Array(detached)
  structuredClone(detached, { transfer: [detached] })
  const hostile = [
    undefined, null, NaN, -1, 2 ** 53, 1e308, 1.5, '', 'k', 5n, -(2n ** 200n), true, Symbol('s'), {}, [], [[]], [null], () => 1, new Uint8Array(3), view, detached,
    new SharedArrayBuffer(8), new Uint8Array(new SharedArrayBuffer(8)), new Proxy([], {}), Object.create(null), new Date(), 'x'.repeat(70_000),
  ]
  for (const owner of [space, map, snapshot]) {
    for (const name of Object.keys(owner)) {
      if (typeof owner[name] !== 'function' || name === 'close' || name === 'reserve') continue
      for (const first of hostile) {
        for (const second of hostile) {
          try {
            owner[name](first, second, second, first, second)
          } catch (error) {
            t.true(error instanceof Error, `${name}: ${String(error)}`)
          }
        }
      }
    }
  }
  map.unstage()
  map.set('k', 1, 1)
  t.is(map.get('k'), 1)
})

test('attach refuses a scratch that is too small or none, and an error class that is none', t => {
  const binding = createRequire(import.meta.url)('../../binding.cjs')
  for (const scratch of [undefined, null, {}, new ArrayBuffer(0), new ArrayBuffer(16), new SharedArrayBuffer(16 + 65536), new Uint8Array(70_000)]) {
    t.throws(() => binding.attach(scratch, ShardmapError), { any: true }, String(scratch))
  }
  for (const type of [undefined, null, {}, 5]) t.throws(() => binding.attach(new ArrayBuffer(16 + 65536), type), { any: true })
})

test('a handle, a snapshot and a batch cannot be sent to another thread', t => {
  const map = open()
  const { port1, port2 } = new MessageChannel()
  const thrown = { name: 'DataCloneError', any: true } as const
  for (const handle of [map, map.snapshot(), map.batch()]) {
    for (const message of [handle, { handle }, [[handle]], new Map([[1, handle]])]) {
      t.throws(() => port1.postMessage(message), thrown)
      t.throws(() => structuredClone(message), thrown)
      t.throws(() => new Worker('', { eval: true, workerData: message }), thrown)
    }
  }
  port1.close()
  port2.close()
})

test('inspect shows what a handle is, open, closed and destroyed', t => {
  const name = fresh('shown')
  const map = SharedMap.open<any, any>(name)
  map.setMany(Array.from({ length: 500 }, (_, i) => [`key${i}`, { i }]))
  const shown = inspect(map)
  t.true(shown.includes('SharedMap') && shown.includes(name) && shown.includes('500') && /key\d+/.test(shown), shown)
  t.true(shown.length < 2000, 'a large map is not printed whole')
  const snapshot = map.snapshot()
  const batch = map.batch().set('a', 1)
  t.regex(inspect(snapshot), /500/)
  t.regex(inspect(batch), /1 pending/)
  t.true(inspect({ deep: { map } }).includes(name))
  SharedMap.destroy(name)
  t.true(inspect(map).includes(name))
  map.close()
  snapshot.close()
  t.regex(inspect(map), /closed/)
  t.notThrows(() => inspect(snapshot))
})
