// Locks between threads: mutual exclusion, and what a thread's end leaves.
import test from 'ava'
import { start, together } from './fixtures/threads.js'
import { open } from './fixtures/versions.js'

const lockers = new URL('./fixtures/lockers.js', import.meta.url).href

test('three threads that count under locks lose nothing and are never two in one', async t => {
  const map = open({ history: 0 })
  const keys = ['a', 'b', 'c', 'd']
  const words = new SharedArrayBuffer(8 * keys.length)
  const times = 300
  const met = await together(lockers, 'countsUnderLocks', [0, 1, 2].map(seat => ({ name: map.name, seat, words, keys, times })))
  t.deepEqual(met, [0, 0, 0])
  const counted = new Int32Array(words).filter((_, i) => i % 2 === 1).reduce((sum, count) => sum + count)
  const expected = [0, 1, 2].flatMap(seat => Array.from({ length: times }, (_, i) => new Set([(seat + i) % 4, (seat + 2 * i + 1) % 4]).size)).reduce((sum, size) => sum + size)
  t.is(counted, expected)
  t.is(map.version, BigInt(3 * times))
})

test('a thread that is ended while it holds locks and waits for others frees both', async t => {
  const map = open()
  for (let round = 0; round < 10; round++) {
    const mine = await map.lock(['mine'])
    const thread = start(lockers, 'holdsAndWaits', { name: map.name, holds: ['held'], waits: ['mine', 'far'] })
    const { token } = await thread.next()
    t.true(token > mine.token)
    const wanted = map.lock(['held'])
    const behind = map.lock(['far'])
    await thread.end()
    const [held, far] = await Promise.all([wanted, behind])
    t.true(held.token > token)
    for (const lease of [mine, held, far]) lease.release()
  }
})

test('a thread that ends in order without releasing frees its locks', async t => {
  const map = open()
  const threads = [0, 1].map(() => start(lockers, 'holds', { name: map.name, keys: ['a'], leaseMs: 2 ** 31 - 1 }))
  const tokens = await Promise.all(threads.map(thread => thread.done))
  await Promise.all(threads.map(thread => thread.exited))
  using lease = await map.lock(['a'])
  t.true(tokens.every(token => token < lease.token))
})

test('a lease of another thread that is not released ends by the clock', async t => {
  const map = open()
  const thread = start(lockers, 'holdsAndWaits', { name: map.name, holds: ['held'], waits: ['held'] })
  const { token } = await thread.next()
  await thread.end()
  const short = start(lockers, 'holds', { name: map.name, keys: ['held'], leaseMs: 30 })
  t.true((await short.done) > token)
  using _ = await map.lock(['held'])
})
