// Several threads, one map.
import test from 'ava'
import { SharedMap } from 'shardmap'
import { samples } from './fixtures/samples.js'
import { fresh, start, together } from './fixtures/threads.js'

const counting = new URL('./fixtures/counting.js', import.meta.url).href
const cuts = new URL('./fixtures/cuts.js', import.meta.url).href
const lives = new URL('./fixtures/lives.js', import.meta.url).href
const seats = (n: number, args: object) => Array.from({ length: n }, (_, seat) => ({ seat, ...args }))

test('threads that open the same name have the same data, of every type', async t => {
  const name = fresh()
  const map = SharedMap.open<any, any>(name)
  const cloneable = Object.entries(samples).filter(([label]) => !/symbol/i.test(label))
  const entries = cloneable.map(([label, make]) => [label, structuredClone(make())])
  const writer = start(lives, 'writes', { name, entries })
  await writer.done
  await writer.exited
  for (const [label, make] of cloneable) t.deepEqual(map.get(label), structuredClone(make()), label)
  const reader = start(lives, 'reads', { name, keys: cloneable.map(([label]) => label) })
  t.deepEqual(await reader.done, entries.map(([, value]) => value))
})

test('a thread that only reads, in a loop compiled for it, sees what another writes', async t => {
  const name = fresh()
  const map = SharedMap.open<string, number>(name)
  map.set('ball', 0)
  await together(lives, 'answers', seats(2, { name, rounds: 20_000 }))
  t.is(map.get('ball'), 20_000)
})

test('a near cache that mostly met stale entries rests, never goes back in time, and is used again', async t => {
  const name = fresh()
  const keys = Array.from({ length: 50 }, (_, i) => `k${i}`)
  const map = SharedMap.open<string, any>(name)
  for (const key of keys) map.set(key, 0)
  const writer = start(lives, 'rewrites', { name, keys, until: 'enough' })
  await writer.next()
  const last = new Map<string, number>()
  for (let i = 0; i < 300_000; i++) {
    const key = keys[i % keys.length]
    const round = map.get(key)
    if (round < (last.get(key) ?? 0)) t.fail(`${key}: ${round} after ${last.get(key)}`)
    last.set(key, round)
  }
  map.set('enough', true)
  await writer.done
  const { nearHits } = map.stats()
  // At most 2^20 reads pass by, and after them every read but the first of a key is a hit.
  for (let i = 0; i < 1_300_000; i++) map.get(keys[i % keys.length])
  t.true(map.stats().nearHits - nearHits > 200_000, `${map.stats().nearHits - nearHits}`)
})

for (const near of [0, 8192]) {
  test(`increments of three threads on one key lose nothing (near ${near})`, async t => {
    const name = fresh()
    const map = SharedMap.open<string, any>(name, { shards: 2 })
    await together(counting, 'increments', seats(3, { name, times: 20_000, near }))
    t.is(map.get('n'), 60_000)
    t.is(map.get('b'), 180_000n)
  })

  test(`compareAndSet and update loops of three threads are exact (near ${near})`, async t => {
    const name = fresh()
    const map = SharedMap.open<string, any>(name)
    await together(counting, 'compares', seats(3, { name, times: 3000, near }))
    t.deepEqual(map.get('o'), { n: 9000 })
    await together(counting, 'updates', seats(3, { name, times: 3000, near }))
    t.deepEqual(map.get('o'), { n: 18_000 })
  })
}

test('getOrInsert and getOrInsertComputed have one winner, whom every thread sees', async t => {
  const name = fresh()
  const map = SharedMap.open<number, { seat: number }>(name)
  const rounds = 400
  const winners: number[][] = await together(counting, 'inserts', seats(3, { name, rounds }))
  for (let round = 0; round < rounds; round++) {
    for (const seen of winners) t.is(seen[round], map.get(round)!.seat)
  }
  t.is(map.size, rounds)
})

test('an iteration gives every stable entry exactly once while others write', async t => {
  const name = fresh()
  const map = SharedMap.open<any, any>(name, { shards: 4 })
  const stable = 2000
  for (let i = 0; i < stable; i++) map.set(['stable', i], i)
  const writers = [0, 1].map(seat => start(cuts, 'churns', { name, seat }))
  await Promise.all(writers.map(writer => writer.next()))
  for (let round = 0; round < 30; round++) {
    const seen = new Uint8Array(stable)
    for (const [key, value] of map) if (key[0] === 'stable') seen[value]++
    t.true(seen.every(n => n === 1), `round ${round}`)
    const scanned = [...map.scan(['stable'])]
    t.is(scanned.length, stable)
  }
  await Promise.all(writers.map(writer => writer.end()))
})

for (const [what, read] of [['snapshot', 'readsSnapshots'], ['a consistent getMany', 'readsMany']] as const) {
  test(`${what} is one point in time while others write in order`, async t => {
    const name = fresh()
    const map = SharedMap.open<any, number>(name, { shards: 32 })
    const writers = [0, 1].map(seat => start(cuts, 'writesInOrder', { name, seat }))
    await Promise.all(writers.map(writer => writer.next()))
    const reader = start(cuts, read, { name, seats: 2, rounds: 200 })
    const { torn, moments } = await reader.done
    t.deepEqual(torn, [])
    t.true(moments > 1, 'the writers went on meanwhile')
    await Promise.all(writers.map(writer => writer.end()))
    map.set('still', 1)
    t.is(map.get('still'), 1)
  })
}

test('the check of cuts finds a torn one', async t => {
  const { isCut } = await import('./fixtures/cuts.js')
  t.true(isCut([3, 3, 3]))
  t.true(isCut([3, 3, 2]))
  t.false(isCut([2, 3, 3]))
  t.false(isCut([4, 3, 2]))
  t.false(isCut([3, 2, 3]))
})
