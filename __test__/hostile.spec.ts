// Values and keys that run code, lie, or change while they are read: stored as structuredClone would have it, or refused, and nothing else.
import test from 'ava'
import { inspect, isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { SharedMap, ShardmapError } from 'shardmap'
import { fresh } from './fixtures/threads.js'
import { runs } from './fixtures/runs.js'

class Mine extends Error {}
const map = SharedMap.open<any, any>(fresh('hostile'))
const detached = (view: ArrayBufferView) => {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] })
  return view
}
const deep = (levels: number, wrap: (value: unknown) => unknown) => {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = wrap(value)
  return value
}
class List extends Array<unknown> {}
class Bytes extends Uint8Array {
  get length() { return 1e9 }
}
class Dated extends Date {
  getTime() { return NaN }
}

/** What stands alone or within others. Each is made anew, for some change when they are read. */
const leaves: Record<string, () => unknown> = {
  number: () => 1, text: () => 'a\0\uFEFF', big: () => -(2n ** 70n), proxy: () => new Proxy({}, {}), proxyOfArray: () => new Proxy([1], { get: () => 5 }),
  revoked: () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy },
  thrower: () => ({ get a() { throw new Mine() } }), fickle: () => { let n = 0; return { get a() { return n++ } } },
  growing: () => { const v: any = { get a() { v.b = 1; return 1 } }; return v }, shrinking: () => { const v: any = { get a() { delete v.b; return 1 }, b: 2 }; return v },
  grower: () => { const v: any[] = [1]; Object.defineProperty(v, 0, { get() { if (v.length < 4) v.push(2); return 1 }, enumerable: true }); return v },
  cutter: () => { const v: any[] = [1, 2, 3]; Object.defineProperty(v, 0, { get() { v.length = 1; return 1 }, enumerable: true }); return v },
  writer: () => ({ get a() { map.set('other', { n: [1] }); return map.get('other') } }), reader: () => ({ get a() { return map.get('k') } }),
  toJSON: () => ({ toJSON() { return 1 } }), noJSON: () => ({ toJSON: 1, then: 2, constructor: 3 }), proto: () => JSON.parse('{"__proto__":{"x":1}}'),
  polluter: () => JSON.parse('{"constructor":{"prototype":{"x":1}}}'), accessorProto: () => Object.create({ get a() { throw new Mine() } }),
  list: () => (List as any).of(1, { a: 2 }), bytes: () => new Bytes(3), dated: () => new Dated(5), holes: () => [1, , { a: 2 }], sparse: () => { const v: any[] = []; v[4e6] = 1; return v },
  named: () => Object.assign([1], { '-1': 2, 1.5: 3 }), detachedBytes: () => detached(new Uint8Array(4)), detachedFloats: () => detached(new Float64Array(2)),
  resizable: () => new Uint8Array(new (ArrayBuffer as any)(4, { maxByteLength: 8 })), deepArrays: () => deep(400, value => [value]), deepObjects: () => deep(400, a => ({ a })),
  symbol: () => Symbol('s'), method: () => ({ a() {} }), cyclic: () => { const v: any = { m: new Map() }; v.m.set(v, v); return v }, species: () => Object.assign([1, 2], { constructor: { [Symbol.species]: () => { throw new Mine() } } }),
  tagged: () => ({ [Symbol.toStringTag]: 'Map', size: 1 }), primitive: () => ({ [Symbol.toPrimitive]() { throw new Mine() } }),
  error: () => Object.assign(new RangeError('r'), { extra: () => 1 }), thrownName: () => Object.defineProperty(new Error('e'), 'name', { get() { throw new Mine() } }), weak: () => [new WeakMap()], url: () => new URL('file:///x'),
}
/** Their getters may run more than once, and what they give then is what is stored. */
const changing = ['fickle', 'growing', 'grower', 'shrinking', 'cutter', 'writer', 'reader']
const wraps: Record<string, (value: unknown) => unknown> = {
  array: value => [0, value], object: value => ({ z: 1, value, last: [2] }), map: value => new Map([[1, value]]), key: value => new Map([[value, 1]]), set: value => new Set([value]),
  twice: value => [value, value], getter: value => ({ get value() { return value } }), zero: value => ({ z: -0, value }), nullProto: value => Object.assign(Object.create(null), { value }),
  cause: value => new Error('e', { cause: value }), beside: value => [value, { get late() { return 1 } }],
}
const shape = fc.record({ leaf: fc.constantFrom(...Object.keys(leaves)), within: fc.array(fc.constantFrom(...Object.keys(wraps)), { maxLength: 4 }) })
type Shape = { leaf: string; within: string[] }
const make = ({ leaf, within }: Shape) => within.reduce((value, wrap) => wraps[wrap]!(value), leaves[leaf]!())

/** What a call gives, or which kind of refusal. */
function outcome(call: () => unknown): { value?: unknown; refused?: string } {
  try {
    return { value: call() }
  } catch (error) {
    if (error instanceof Mine) return { refused: 'mine' }
    if (error instanceof ShardmapError) return { refused: error.code }
    if (error instanceof DOMException && error.name === 'DataCloneError') return { refused: 'ERR_SHARDMAP_VALUE' }
    return { refused: `${error}` }
  }
}

test('a hostile value is stored as structuredClone gives it, or refused as it refuses, and then nothing has changed', t => {
  fc.assert(
    fc.property(shape, shape => {
      map.set('k', 'before')
      const expected = outcome(() => structuredClone(make(shape)))
      const got = outcome(() => map.set('k', make(shape)).get('k'))
      const agrees = changing.includes(shape.leaf) ? got.refused === undefined && isDeepStrictEqual(map.get('k'), got.value) : isDeepStrictEqual(got, expected)
      if (!agrees) throw new Error(`${inspect(got, { depth: 6 })} is not ${inspect(expected, { depth: 6 })}`)
      if (got.refused !== undefined && map.get('k') !== 'before') throw new Error('it was stored all the same')
      if (({} as any).x !== undefined || ([] as any).x !== undefined) throw new Error('a prototype was changed')
    }),
    runs(1500),
  )
  t.pass()
})

test('an array nested beyond all measure is refused or comes back, and the thread goes on', t => {
  for (const levels of [1_000, 10_000, 200_000]) {
    for (const wrap of [(value: unknown) => [value], (value: unknown) => ({ value }), (value: unknown) => new Map([[1, value]])]) {
      const { refused } = outcome(() => map.set('k', deep(levels, wrap)).get('k'))
      t.true(refused === undefined || refused === 'ERR_SHARDMAP_VALUE', refused)
    }
  }
})

test('a hostile key is a key or is refused with ERR_SHARDMAP_KEY, or its own error comes out', t => {
  const lying = (length: unknown) => new Proxy(['a'], { get: (of, name) => (name === 'length' ? length : Reflect.get(of, name)) })
  const moving: unknown[] = ['a', 'b', 'c']
  Object.defineProperty(moving, 0, { get() { moving.length = 1; return 'a' } })
  const hostile: unknown[] = [
    new Proxy({}, {}), lying(2 ** 32), lying(-1), lying('x'), lying(NaN), moving, [, 'a'], new Array(1e6), Object.assign(['a'], { length: 3 }), new Bytes(3), detached(new Uint8Array(4)),
    [detached(new Uint8Array(4))], new Float64Array(1), new DataView(new ArrayBuffer(2)), Object('s'), Object(1n), new Date(0), [['a']], [null], [Symbol('s')], [() => 1], 2n ** 600_000n, 'k'.repeat(70_000),
    { toString: () => 'a' }, Object.defineProperty(['a'], 0, { get() { throw new Mine() } }), new Uint8Array(new SharedArrayBuffer(2)), (List as any).of('a'), Object.setPrototypeOf(['a'], null), NaN, -0, '\uDFFF',
  ]
  map.clear()
  for (const key of hostile) {
    const { refused } = outcome(() => map.set(key, 1))
    t.true([undefined, 'mine', 'ERR_SHARDMAP_KEY'].includes(refused), refused)
    if (refused === undefined && key !== moving) t.is(map.get(key), 1)
  }
  for (const [key, value] of map) t.is(map.get(key), value)
})
