// A batch gathers the writes of one thread and applies them together.
import test from 'ava'
import { setImmediate as turn } from 'node:timers/promises'
import { SharedMap } from 'shardmap'
import { refuses, refusesAndKeeps } from './fixtures/codes.js'
import { printed } from './fixtures/scripts.js'
import { fresh, start } from './fixtures/threads.js'

const lives = new URL('./fixtures/lives.js', import.meta.url).href
const still = { size: 1000, intervalMs: 2 ** 31 - 1 }
const open = (options = {}) => SharedMap.open<any, any>(fresh(), options)

test('writes stay pending until flush, and the last per key wins', t => {
  const map = open()
  map.set('gone', 1)
  const batch = map.batch(still)
  t.is(batch.set('a', 1), batch)
  t.is(batch.set('a', 2).set('b', { x: 1 }).delete('gone').set('c', 3), batch)
  batch.delete('c').set('u', undefined)
  t.is(batch.pending, 5)
  t.is(map.size, 1)
  t.is(map.get('a'), undefined)
  batch.flush()
  t.is(batch.pending, 0)
  t.deepEqual([...map].sort(), [['a', 2], ['b', { x: 1 }], ['u', undefined]])
  batch.flush()
  t.is(map.size, 3)
})

test('get of a batch sees its pending writes, then the map', t => {
  const map = open()
  map.set('a', 1).set('b', 2)
  const batch = map.batch(still).set('a', { p: 1 }).delete('b').set(['t', 1], 'tuple').set(-0, 'zero').set(NaN, 'nan')
  t.deepEqual(batch.get('a'), { p: 1 })
  t.true(Object.isFrozen(batch.get('a')))
  t.is(batch.get('b'), undefined)
  t.is(batch.get(['t', 1]), 'tuple')
  t.is(batch.get(0), 'zero')
  t.is(batch.get(NaN), 'nan')
  t.is(map.get('b'), 2)
  map.set('c', 3)
  t.is(batch.get('c'), 3)
  map.set('a', 5)
  t.deepEqual(batch.get('a'), { p: 1 })
  batch.flush()
  t.deepEqual(batch.get('a'), { p: 1 })
})

test('keys of different types that read the same stay apart in a batch', t => {
  const map = open()
  const keys = ['1', 1, 1n, ['1'], [1], true, 'true', new Uint8Array([49]), [true], ['1', ''], 'y', ['y']]
  const batch = map.batch(still)
  keys.forEach((key, i) => batch.set(key, i))
  t.is(batch.pending, keys.length)
  keys.forEach((key, i) => t.is(batch.get(key), i))
  batch.flush()
  keys.forEach((key, i) => t.is(map.get(key), i))
})

test('what a caller changes after set is not what is written', t => {
  const map = open()
  const [value, bytes, key] = [{ n: 1 }, new Uint8Array([1]), ['k', 1]]
  const batch = map.batch(still).set('o', value).set('b', bytes).set(key, 'v')
  value.n = 2
  bytes[0] = 2
  key[1] = 2
  batch.flush()
  t.deepEqual(map.getMany(['o', 'b', ['k', 1], ['k', 2]]), [{ n: 1 }, new Uint8Array([1]), 'v', undefined])
})

test('the size-th pending key flushes', t => {
  const map = open()
  const batch = map.batch({ ...still, size: 3 }).set('a', 1).set('b', 2)
  t.is(batch.pending, 2)
  t.is(map.size, 0)
  batch.set('c', 3)
  t.is(batch.pending, 0)
  t.is(map.size, 3)
})

test('the timer flushes without any further write', async t => {
  const map = open()
  const batch = map.batch({ size: 1000, intervalMs: 1 }).set('a', 1)
  while (!map.has('a')) await turn()
  t.is(batch.pending, 0)
})

test('FULL applies in order what fits, and keeps the rest pending', t => {
  const map = open({ maxEntries: 2 })
  const batch = map.batch(still).set('a', 1).set('b', 2).set('c', 3).set('d', 4)
  refuses(t, 'ERR_SHARDMAP_FULL', () => batch.flush())
  t.deepEqual([...map].sort(), [['a', 1], ['b', 2]])
  t.is(batch.pending, 2)
  refuses(t, 'ERR_SHARDMAP_FULL', () => batch.flush())
  t.is(batch.get('d'), 4)
  map.clear()
  batch.flush()
  t.deepEqual([...map].sort(), [['c', 3], ['d', 4]])
  t.is(batch.pending, 0)
})

test('FULL from the timer is thrown at the next call, once, and that call changes nothing', async t => {
  const map = open({ maxEntries: 1 })
  const batch = map.batch({ size: 1000, intervalMs: 1 }).set('a', 1).set('b', 2)
  while (!map.has('a')) await turn()
  refusesAndKeeps(t, map, 'ERR_SHARDMAP_FULL', () => batch.set('c', 3))
  t.is(batch.pending, 1)
  t.is(batch.get('b'), 2)
  map.delete('a')
  batch.flush()
  t.deepEqual([...map], [['b', 2]])
})

test('a write that was not flushed for want of room is tried again by a later write', async t => {
  const map = open({ maxEntries: 1 })
  const batch = map.batch({ size: 1000, intervalMs: 1 }).set('a', 1).set('b', 2)
  while (!map.has('a')) await turn()
  refuses(t, 'ERR_SHARDMAP_FULL', () => batch.get('b'))
  map.delete('a')
  batch.set('b', 3)
  while (!map.has('b')) await turn()
  t.is(map.get('b'), 3)
})

test('close flushes and ends the batch', t => {
  const map = open()
  const batch = map.batch(still).set('a', 1)
  batch.close()
  t.is(map.get('a'), 1)
  refuses(t, 'ERR_SHARDMAP_CLOSED', () => batch.set('b', 1))
  refuses(t, 'ERR_SHARDMAP_CLOSED', () => batch.delete('a'))
  refuses(t, 'ERR_SHARDMAP_CLOSED', () => batch.get('a'))
  refuses(t, 'ERR_SHARDMAP_CLOSED', () => batch.flush())
  t.notThrows(() => batch.close())
  map.batch(still).set('d', 4)[Symbol.dispose]()
  t.is(map.get('d'), 4)
})

test('closing the handle flushes its batches', t => {
  const name = fresh()
  const map = SharedMap.open<any, any>(name)
  map.batch(still).set('a', 1)
  map.close()
  t.is(SharedMap.open<any, any>(name).get('a'), 1)
})

test('a batch of a destroyed map is refused with CLOSED, whatever is pending', t => {
  const map = open()
  const batch = map.batch(still).set('a', 1)
  SharedMap.destroy(map.name)
  refuses(t, 'ERR_SHARDMAP_CLOSED', () => batch.flush())
})

for (const exit of [false, true]) {
  test(`a thread's orderly exit flushes its batches (${exit ? 'process.exit' : 'its end'})`, async t => {
    const name = fresh()
    const map = SharedMap.open<any, any>(name)
    map.set('gone', 1)
    const thread = start(lives, 'leavesBatch', { name, exit })
    if (!exit) t.is(await thread.done, undefined, 'pending in its own thread')
    t.is(await thread.exited, 0)
    t.deepEqual([...map].sort(), [['a', 1], ['b', { x: 1 }]])
  })
}

test('a pending batch keeps no process alive', async t => {
  const code = `import { SharedMap } from 'shardmap'
    const map = SharedMap.open('m')
    map.batch({ size: 1000, intervalMs: 2 ** 31 - 1 }).set('a', 1)
    process.on('exit', () => console.log(map.get('a') ?? 'pending'))`
  const { stdout } = await printed(code, { as: 'mjs' })
  t.regex(stdout, /^(1|pending)\n$/)
})

test('a large batch is applied whole', t => {
  const map = open()
  const batch = map.batch({ size: 1e6, intervalMs: 2 ** 31 - 1 })
  for (let i = 0; i < 30_000; i++) batch.set(i, { i })
  t.is(batch.pending, 30_000)
  batch.flush()
  t.is(map.size, 30_000)
  t.deepEqual(map.get(29_999), { i: 29_999 })
})
