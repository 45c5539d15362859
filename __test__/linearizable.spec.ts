// What several threads recorded of their calls has an order that explains it.
import test from 'ava'
import { isLinearizable, violations, type Call } from './fixtures/linearizability.js'
import { fresh, together } from './fixtures/threads.js'

const recorder = new URL('./fixtures/recorder.js', import.meta.url).href

/** One call as text: op args -> result, from start to end. */
const call = (start: number, end: number, op: Call['op'], args: any[], result?: unknown): Call => ({ op, key: 'k', args, result, start: BigInt(start), end: BigInt(end) })

test('the checker accepts what a register can do', t => {
  t.true(isLinearizable([]))
  t.true(isLinearizable([call(0, 1, 'set', [1]), call(2, 3, 'get', [], 1), call(4, 5, 'delete', [], true), call(6, 7, 'get', [], undefined)]))
  t.true(isLinearizable([call(0, 9, 'set', [1]), call(1, 2, 'get', [], undefined), call(3, 4, 'get', [], 1)]), 'the set takes effect between the gets')
  t.true(isLinearizable([call(0, 9, 'set', [1]), call(0, 9, 'set', [2]), call(10, 11, 'get', [], 1)]), 'overlapping sets in either order')
  t.true(isLinearizable([call(0, 9, 'increment', [], 2), call(0, 9, 'increment', [], 1), call(0, 9, 'compareAndSet', [2, 5], true), call(10, 11, 'get', [], 5)]))
  t.true(isLinearizable([call(0, 5, 'set', [1]), call(5, 6, 'get', [], undefined)]), 'what touches overlaps')
})

test('the checker rejects what no register can do', t => {
  t.false(isLinearizable([call(0, 1, 'get', [], 1)]), 'a value out of nowhere')
  t.false(isLinearizable([call(0, 1, 'set', [1]), call(2, 3, 'set', [2]), call(4, 5, 'get', [], 1)]), 'a stale read')
  t.false(isLinearizable([call(0, 9, 'set', [1]), call(1, 2, 'get', [], 1), call(3, 4, 'get', [], undefined)]), 'new, then old')
  t.false(isLinearizable([call(0, 1, 'increment', [], 1), call(2, 3, 'increment', [], 1)]), 'a lost increment')
  t.false(isLinearizable([call(0, 1, 'set', [1]), call(2, 9, 'compareAndSet', [1, 2], true), call(2, 9, 'compareAndSet', [1, 3], true)]), 'two winners')
  t.false(isLinearizable([call(0, 1, 'set', [1]), call(2, 3, 'delete', [], true), call(4, 5, 'delete', [], true)]), 'deleted twice')
  t.false(isLinearizable([
    call(0, 1, 'set', [1]), call(2, 20, 'set', [2]), call(3, 4, 'get', [], 2), call(5, 6, 'get', [], 1), call(7, 8, 'get', [], 2),
  ]), 'back and forth')
})

test('the checker copes with many overlapping calls', t => {
  const calls = Array.from({ length: 400 }, (_, i) => call(i, i + 12, 'set', [i]))
  t.true(isLinearizable([...calls, call(1000, 1001, 'get', [], 395)]))
  t.false(isLinearizable([...calls, call(1000, 1001, 'get', [], 100)]))
})

const record = async (jobs: object[]): Promise<Call[]> => {
  const name = fresh()
  return (await together(recorder, 'records', jobs.map((job, seat) => ({ name, seat, ...job })))).flat()
}

const work = { rounds: 25, calls: 60, keys: ['a', 'b', 'c'] }

for (const [label, nears] of [['on', [8192, 8192, 8192]], ['off', [0, 0, 0]], ['mixed, and tiny', [1, 0, 8192]]] as const) {
  test(`histories of three threads are linearizable (near ${label})`, async t => {
    const history = await record(nears.map(near => ({ near, ...work })))
    t.true(history.length > 4000)
    t.deepEqual(violations(history), [])
  })
}

test('histories of one writer and two readers of one key are linearizable', async t => {
  const one = { rounds: 20, calls: 150, keys: ['hot'] }
  t.deepEqual(violations(await record([one, { ...one, readsOnly: true }, { ...one, readsOnly: true }])), [])
})

test('a reader that does not validate its near cache is found', async t => {
  // With no deletion among them, what it first read of a key never comes again, and every later round writes every key.
  const writer = { ...work, neverDeletes: true }
  const reader = { ...work, readsOnly: true }
  t.deepEqual(violations(await record([writer, writer, { ...reader, fault: true }])).sort(), ['a', 'b', 'c'])
  t.deepEqual(violations(await record([writer, writer, reader])), [], 'the same without the fault')
})
