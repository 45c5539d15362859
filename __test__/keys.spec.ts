// Keys are typed, and one key is one key however it was made, near cache on or off.
import test from 'ava'
import { SharedMap } from 'shardmap'
import { refuses } from './fixtures/codes.js'
import { distinct } from './fixtures/keys.js'
import { fresh } from './fixtures/threads.js'

const bytes = (...all: number[]) => new Uint8Array(all)

for (const near of [0, 8192]) {
  test(`keys that differ in type or content are different keys (near ${near})`, t => {
    const map = SharedMap.open<any, number>(fresh(), { near })
    distinct.forEach((key, i) => map.set(key, i))
    t.is(map.size, distinct.length)
    for (let round = 0; round < 3; round++) {
      distinct.forEach((key, i) => t.is(map.get(key), i, `${typeof key} ${String(key)}`))
    }
    for (const [key, i] of map) t.deepEqual(key, distinct[i])
    t.deepEqual(map.getMany(distinct), [...distinct.keys()])
    t.deepEqual(map.getMany(distinct, { consistent: true }), [...distinct.keys()])
    distinct.forEach((key, i) => {
      t.true(map.delete(key))
      t.false(map.has(key))
      t.is(map.get(key), undefined)
      t.is(map.size, distinct.length - i - 1)
    })
  })

  test(`bigints at the edges of words and of halves of words come back as key and as value (near ${near})`, t => {
    const map = SharedMap.open<bigint, bigint>(fresh(), { near })
    const edges = [32n, 64n, 96n, 128n, 160n, 320n, 352n].map(bits => 2n ** bits)
    const all = edges.flatMap(edge => [edge - 1n, edge, edge + 1n, edge + edge / 2n, edge * 2n]).flatMap(n => [n, -n])
    for (const n of all) {
      map.set(n, n)
      t.is(map.get(n), n)
    }
    const ordered = (numbers: Iterable<bigint>) => [...numbers].sort((a, b) => (a < b ? -1 : 1))
    t.deepEqual(ordered(map.keys()), ordered(all))
    t.deepEqual(map.getMany(all), all)
  })

  test(`keys made in another way are the same key (near ${near})`, t => {
    const map = SharedMap.open<any, any>(fresh(), { near })
    const twoByte = '\u0100abcdefghijklmnopqrstuvwxyz'.slice(1)
    const same: [any, any][] = [
      [0, -0], [NaN, 0 / 0], [1, 1.0], ['ab', ['a', 'b'].join('')], ['abcdefghijklmnopqrstuvwxyz', twoByte],
      [10n, BigInt('10')], [bytes(1, 2), Buffer.from([1, 2])], [bytes(1, 2), bytes(0, 1, 2, 3).subarray(1, 3)],
      [['a', 1], Object.freeze(['a', 1])], [[0], [-0]], [[NaN], [NaN]], [[bytes(1)], [Buffer.from([1])]], [[twoByte], ['abcdefghijklmnopqrstuvwxyz']],
      [[bytes(0, 7).subarray(1)], [bytes(7)]],
    ]
    for (const [one, other] of same) {
      map.clear()
      map.set(one, 1)
      t.is(map.get(one), 1)
      t.is(map.get(other), 1, String(one))
      map.set(other, 2)
      t.is(map.get(one), 2, String(one))
      t.is(map.size, 1)
    }
    map.clear()
    map.set(-0, 1)
    t.true(Object.is([...map.keys()][0], 0), '-0 is 0')
  })

  test(`a key that its caller changes later stays what it was (near ${near})`, t => {
    const map = SharedMap.open<any, any>(fresh(), { near })
    const [tuple, array] = [['a', 1], bytes(1)]
    map.set(tuple, 't').set(array, 'b')
    map.get(tuple)
    map.get(array)
    tuple[1] = 2
    array[0] = 2
    t.deepEqual([map.get(['a', 1]), map.get(bytes(1)), map.get(tuple), map.get(array)], ['t', 'b', undefined, undefined])
    map.set(tuple, 't2').set(array, 'b2')
    t.deepEqual([map.get(['a', 1]), map.get(bytes(1)), map.get(['a', 2]), map.get(bytes(2))], ['t', 'b', 't2', 'b2'])
  })
}

/** The longest key that make can make: by bisection over its length, between one that goes and one that does not. */
function longest(map: SharedMap<any, any>, make: (n: number) => unknown, beyond: number): number {
  let [goes, fails] = [1, beyond]
  while (fails - goes > 1) {
    const n = (goes + fails) >> 1
    try {
      map.set(make(n), n)
      goes = n
    } catch {
      fails = n
    }
  }
  return goes
}

const shapes: [string, (n: number) => any, number, number][] = [
  ['a Latin-1 string', n => 'x'.repeat(n), 65_000, 65_535],
  ['a two-byte string', n => '\u0416'.repeat(n), 32_000, 32_768],
  ['a string of lone surrogates', n => '\uD800'.repeat(n), 16_000, 32_768],
  ['bytes', n => new Uint8Array(n).fill(7), 65_000, 65_535],
  ['zero bytes', n => new Uint8Array(n), 32_000, 65_535],
  ['a tuple of one string', n => ['x'.repeat(n)], 65_000, 65_535],
  ['a tuple of many numbers', n => Array.from({ length: n }, (_, i) => i), 3000, 8192],
  ['a bigint', n => 2n ** (8n * BigInt(n) - 1n), 65_000, 65_536],
]

for (const [label, make, atLeast, atMost] of shapes) {
  test(`${label} is a key up to the limit, and refused one beyond it`, t => {
    const map = SharedMap.open<any, number>(fresh())
    const most = longest(map, make, 70_000)
    t.true(most >= atLeast && most <= atMost, `${label}: ${most}`)
    const sizes = [10, 100, 999, 1000, 1001, 2000, most - 1, most]
    for (const n of sizes) if (n <= most) map.set(make(n), n)
    for (let round = 0; round < 2; round++) for (const n of sizes) if (n <= most) t.is(map.get(make(n)), n)
    const before = map.size
    for (const n of [most + 1, most + 2, most * 2]) {
      refuses(t, 'ERR_SHARDMAP_KEY', () => map.set(make(n), n), `${label} ${n}`)
      refuses(t, 'ERR_SHARDMAP_KEY', () => map.get(make(n)), `${label} ${n}`)
    }
    t.is(map.size, before)
    for (const key of map.keys()) t.is(map.get(key), map.getMany([key])[0])
    const longestKey = make(most)
    t.true(map.delete(longestKey))
    t.false(map.has(longestKey))
  })
}

test('two long keys that differ only in their last character are two keys', t => {
  const map = SharedMap.open<string, number>(fresh())
  for (const n of [30, 255, 256, 1000, 4095, 4096, 60_000]) {
    const [one, two] = [`${'k'.repeat(n)}1`, `${'k'.repeat(n)}2`]
    map.set(one, 1).set(two, 2)
    t.deepEqual([map.get(one), map.get(two)], [1, 2])
  }
})
