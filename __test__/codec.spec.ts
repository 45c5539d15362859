// Values: every type beside structuredClone.
import test from 'ava'
import { isDeepStrictEqual, inspect } from 'node:util'
import fc from 'fast-check'
import { SharedMap } from 'shardmap'
import { refuses, refusesAndKeeps } from './fixtures/codes.js'
import { places, refused, samples } from './fixtures/samples.js'
import { fresh } from './fixtures/threads.js'
import { changeable, sharedBetween } from './fixtures/graph.js'
import { runs } from './fixtures/runs.js'

const maps = [0, 8192].map(near => SharedMap.open<any, any>(fresh('codec'), { near }))
const onlyNear = maps[1]

/** What must come back: a structured clone. */
const cloned = (value: unknown): unknown => structuredClone(value)

for (const [label, make] of Object.entries(samples)) {
  test(`${label} comes back as structuredClone gives it, by every way to read`, t => {
    const value = make()
    const expected = cloned(value)
    for (const map of maps) {
      map.clear()
      map.set('k', value)
      const ways: Record<string, unknown> = {
        get: map.get('k'), again: map.get('k'), getMany: map.getMany(['k'])[0], consistent: map.getMany(['k'], { consistent: true })[0],
        entries: [...map.entries()][0][1], values: [...map.values()][0], forEach: forEachValue(map), snapshot: map.snapshot().get('k'), snapshotEntries: [...map.snapshot()][0][1],
        getOrInsert: map.getOrInsert('k', 'other'), batch: map.batch().set('k', value).get('k'), swap: map.swap('k', 'other'),
        computed: map.getOrInsertComputed('new', make), updated: (map.update('updated', make), map.get('updated')), batched: (map.batch().set('k', value).flush(), map.get('k')),
        setMany: map.setMany([['k', value]]).get('k'),
      }
      for (const [way, got] of Object.entries(ways)) {
        t.true(isDeepStrictEqual(got, expected), `${way}: ${inspect(got).slice(0, 300)} is not ${inspect(expected).slice(0, 300)}`)
      }
    }
  })

  test(`${label}: nothing a reader does changes what another reads`, t => {
    const value = make()
    for (const map of maps) {
      map.set('k', value)
      const [one, two] = [map.get('k'), map.get('k')]
      const common = sharedBetween(one, two).filter(changeable)
      t.deepEqual(common, [], 'what two reads share is frozen')
      if (isPlain(cloned(value))) t.false(changeable(one), 'plain data is frozen')
    }
  })

  test(`${label}: compareAndSet(k, get(k), next) and compareAndSet(k, the value, next) hold`, t => {
    const value = make()
    for (const map of maps) {
      map.set('k', value)
      t.true(map.compareAndSet('k', map.get('k'), 'next'), 'what get returned')
      map.set('k', value)
      t.true(map.compareAndSet('k', value, 'next'), 'what was set')
      t.is(map.get('k'), 'next')
      map.set('k', value)
      t.true(map.compareAndSet('k', cloned(value), 'next'), 'its clone')
      map.set('k', [make(), 1])
      t.false(map.compareAndSet('k', [make(), 2], 'next'))
    }
  })
}

function forEachValue(map: SharedMap<any, any>): unknown {
  const values: unknown[] = []
  map.forEach(value => values.push(value))
  return values[0]
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value))
    && Object.values(value).every(item => typeof item !== 'object' || item === null)
}

for (const [label, make] of Object.entries(refused)) {
  test(`${label} is refused at any depth with ERR_SHARDMAP_VALUE`, t => {
    onlyNear.clear()
    onlyNear.set('k', { old: 1 })
    for (const [place, hide] of Object.entries(places)) {
      refusesAndKeeps(t, onlyNear, 'ERR_SHARDMAP_VALUE', () => onlyNear.set('k', hide(make())), `${label} in ${place}`)
    }
  })
}

test('a handle, a snapshot and a batch are refused at any depth', t => {
  const other = SharedMap.open<string, number>(fresh())
  onlyNear.clear()
  for (const make of [() => other, () => other.snapshot(), () => other.batch()]) {
    for (const [place, hide] of Object.entries(places)) {
      refuses(t, 'ERR_SHARDMAP_VALUE', () => onlyNear.set('k', hide(make())), place)
    }
  }
  t.is(onlyNear.size, 0)
})

test('a Buffer comes back as a Uint8Array at any depth', t => {
  for (const map of maps) {
    for (const buffer of [Buffer.from('pooled'), Buffer.alloc(3, 1), Buffer.from(new ArrayBuffer(8), 2, 3)]) {
      const plain = new Uint8Array(buffer)
      const wraps: [unknown, unknown][] = [
        [buffer, plain], [{ b: buffer }, { b: plain }], [[buffer, -0], [plain, -0]], [new Map([[1, buffer]]), new Map([[1, plain]])],
      ]
      for (const [value, expected] of wraps) {
        map.set('k', value)
        t.true(isDeepStrictEqual(map.get('k'), expected), inspect(map.get('k')))
        t.true(map.compareAndSet('k', map.get('k'), 1))
      }
    }
  }
})

test('a hostile __proto__ pollutes nothing', t => {
  for (const map of maps) {
    map.set('k', JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'))
    const got = map.get('k')
    t.is(Object.getPrototypeOf(got), Object.prototype)
    t.deepEqual(Object.keys(got), ['__proto__', 'constructor'])
    t.is(({} as any).polluted, undefined)
    t.is(got.polluted, undefined)
  }
})

test('a value with something that cannot be frozen is decoded anew, whole, at each read', t => {
  for (const map of maps) {
    map.set('k', { plain: { n: [1] }, at: new Date(5), m: new Map([[1, { x: 1 }]]), b: new Uint8Array([1]) })
    const one = map.get('k')
    one.at.setTime(9)
    one.m.get(1).x = 2
    one.m.set(2, 2)
    one.b[0] = 9
    t.not(map.get('k'), one)
    t.not(map.get('k').plain, one.plain)
    t.deepEqual(map.get('k'), { plain: { n: [1] }, at: new Date(5), m: new Map([[1, { x: 1 }]]), b: new Uint8Array([1]) })
    map.set('b', new Uint8Array([1, 2]))
    map.get('b')[0] = 9
    t.deepEqual(map.get('b'), new Uint8Array([1, 2]))
  }
})

test('an invalid Date stays one', t => {
  for (const map of maps) {
    t.true(Number.isNaN(map.set('k', [new Date(NaN)]).get('k')[0].getTime()))
    t.true(map.compareAndSet('k', [new Date(NaN)], 1))
  }
})

test('storing a value neither freezes nor keeps the caller\'s own object', t => {
  for (const map of maps) {
    const value = { a: [1], d: new Uint8Array([1]) }
    map.set('k', value)
    map.set('p', value.a)
    value.a.push(2)
    value.d[0] = 5
    t.deepEqual(map.get('k'), { a: [1], d: new Uint8Array([1]) })
    t.deepEqual(map.get('p'), [1])
  }
})

test('arbitrary values come back as structuredClone gives them', t => {
  const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 }).map(codes => String.fromCharCode(...codes))
  const anything = fc.anything({
    withBigInt: true, withBoxedValues: true, withMap: true, withSet: true, withNullPrototype: true, withTypedArray: true,
    withSparseArray: true, withObjectString: true, withUnicodeString: true, maxDepth: 4, key: fc.oneof(fc.string(), units, fc.constant('__proto__')),
    values: [fc.boolean(), fc.integer(), fc.double(), fc.string(), units, fc.constantFrom(null, undefined, NaN, -0), fc.bigInt()],
  })
  fc.assert(
    fc.property(anything, value => {
      const expected = cloned(value)
      for (const map of maps) {
        map.set('k', value)
        const got = map.get('k')
        if (!isDeepStrictEqual(got, expected)) throw new Error(`${inspect(got)} is not ${inspect(expected)}`)
        if (sharedBetween(got, map.get('k')).some(changeable)) throw new Error('two reads share what can change')
        if (!map.compareAndSet('k', got, 1)) throw new Error(`compareAndSet(get) of ${inspect(value)}`)
      }
    }),
    runs(3000),
  )
  t.pass()
})
