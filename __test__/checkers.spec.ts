// The checkers of histories accept what can be and reject what cannot.
import test from 'ava'
import { isLinearizable } from './fixtures/linearizability.js'
import { resolved, staleLoads } from './fixtures/loads.js'
import type { Call, Op } from './fixtures/register.js'

/** One call: op args -> result, from start to end. */
const call = (start: number, end: number, op: Op, args: any[], result?: unknown): Call => ({ op, key: 'k', args, result, start: BigInt(start), end: BigInt(end) })
/** A fetch whose own loader gave the result; it began at once, or late at the time given. */
const load = (start: number, end: number, result: number, late?: number): Call =>
  ({ ...call(start, end, 'fetch', [], result), loading: { start: BigInt(late ?? start + 1), end: BigInt(end) - 1n } })

test('the checker accepts what a register can do', t => {
  t.true(isLinearizable([]))
  t.true(isLinearizable([call(0, 1, 'set', [1]), call(2, 3, 'get', [], 1), call(4, 5, 'delete', [], true), call(6, 7, 'get', [], undefined)]))
  t.true(isLinearizable([call(0, 9, 'set', [1]), call(1, 2, 'get', [], undefined), call(3, 4, 'get', [], 1)]), 'the set takes effect between the gets')
  t.true(isLinearizable([call(0, 9, 'set', [1]), call(0, 9, 'set', [2]), call(10, 11, 'get', [], 1)]), 'overlapping sets in either order')
  t.true(isLinearizable([call(0, 9, 'increment', [1], 2), call(0, 9, 'increment', [1], 1), call(0, 9, 'compareAndSet', [2, 5], true), call(10, 11, 'get', [], 5)]))
  t.true(isLinearizable([call(0, 5, 'set', [1]), call(5, 6, 'get', [], undefined)]), 'what touches overlaps')
  t.true(isLinearizable([call(0, 1, 'getOrInsert', [1], 1), call(2, 3, 'getOrInsert', [2], 1), call(4, 5, 'swap', [3], 1), call(6, 7, 'clear', []), call(8, 9, 'has', [], false)]))
})

test('the checker rejects what no register can do', t => {
  t.false(isLinearizable([call(0, 1, 'get', [], 1)]), 'a value out of nowhere')
  t.false(isLinearizable([call(0, 1, 'set', [1]), call(2, 3, 'set', [2]), call(4, 5, 'get', [], 1)]), 'a stale read')
  t.false(isLinearizable([call(0, 9, 'set', [1]), call(1, 2, 'get', [], 1), call(3, 4, 'get', [], undefined)]), 'new, then old')
  t.false(isLinearizable([call(0, 1, 'increment', [1], 1), call(2, 3, 'increment', [1], 1)]), 'a lost increment')
  t.false(isLinearizable([call(0, 1, 'set', [1]), call(2, 9, 'compareAndSet', [1, 2], true), call(2, 9, 'compareAndSet', [1, 3], true)]), 'two winners')
  t.false(isLinearizable([call(0, 1, 'set', [1]), call(2, 3, 'compareAndSet', [1, 2], false)]), 'a compare-and-set that lost to nobody')
  t.false(isLinearizable([call(0, 1, 'set', [1]), call(2, 3, 'delete', [], true), call(4, 5, 'delete', [], true)]), 'deleted twice')
  t.false(isLinearizable([call(0, 9, 'getOrInsert', [1], 1), call(0, 9, 'getOrInsert', [2], 2)]), 'inserted twice')
  t.false(isLinearizable([call(0, 1, 'set', [1]), call(2, 9, 'swap', [2], 1), call(2, 9, 'swap', [3], 1)]), 'one value swapped out twice')
  t.false(isLinearizable([call(0, 1, 'set', [1]), call(2, 3, 'has', [], false)]), 'nothing where something was set')
  t.false(isLinearizable([
    call(0, 1, 'set', [1]), call(2, 20, 'set', [2]), call(3, 4, 'get', [], 2), call(5, 6, 'get', [], 1), call(7, 8, 'get', [], 2),
  ]), 'back and forth')
})

test('the checker copes with many overlapping calls', t => {
  const calls = Array.from({ length: 400 }, (_, i) => call(i, i + 7, 'set', [i]))
  t.true(isLinearizable([...calls, call(1000, 1001, 'get', [], 395)]))
  t.false(isLinearizable([...calls, call(1000, 1001, 'get', [], 100)]))
})

test('a fetch that loads stores its value, or answers only those who asked before a write', t => {
  const holds = (...calls: Call[]) => isLinearizable(resolved(calls)) && staleLoads(calls).length === 0
  t.true(holds(load(0, 9, 1), call(5, 12, 'fetch', [], 1), call(20, 21, 'fetch', [], 1), call(22, 23, 'get', [], 1)), 'stored, and waited for')
  t.true(holds(load(0, 9, 1), call(3, 4, 'set', [2]), call(10, 11, 'get', [], 2)), 'overtaken by a write')
  t.true(holds(load(0, 9, 1), call(2, 12, 'fetch', [], 1), call(3, 4, 'delete', [], false), call(13, 14, 'get', [], undefined)), 'and by a deletion')
  t.true(holds(load(0, 9, 1), call(2, 3, 'delete', [], false), load(4, 20, 5, 10), call(22, 23, 'get', [], 5)), 'a load that began late')
  t.false(holds(call(0, 1, 'set', [7]), load(2, 9, 1)), 'a load although there was a value')
  t.false(holds(load(0, 9, 1), call(2, 3, 'delete', [], false), load(7, 20, 5, 10), call(4, 6, 'set', [2]), call(22, 23, 'get', [], 5)), 'the same, of one that began late')
  t.false(holds(load(0, 9, 1), load(3, 8, 2), call(10, 11, 'get', [], 1), call(12, 13, 'get', [], 2)), 'two loads of one key, and both stored')
  t.false(holds(load(0, 9, 1), call(3, 4, 'set', [2]), call(10, 11, 'get', [], 1)), 'a stale value over a newer one')
  t.false(holds(load(0, 9, 1), call(3, 4, 'delete', [], false), call(10, 11, 'get', [], 1)), 'a stale value although it was deleted meanwhile')
  t.false(holds(load(0, 9, 1), call(3, 4, 'delete', [], false), call(5, 12, 'fetch', [], 1)), 'a stale value for who asked after the deletion')
  t.false(holds(load(0, 9, 1), call(20, 21, 'delete', [], true), call(30, 31, 'fetch', [], 1)), 'a value of a load that is over')
})
