// close() ends one handle, destroy() ends every handle in every thread.
import test from 'ava'
import { inspect } from 'node:util'
import { SharedMap } from 'shardmap'
import { refuses } from './fixtures/codes.js'
import { fresh, start } from './fixtures/threads.js'

const lives = new URL('./fixtures/lives.js', import.meta.url).href

const uses = (map: SharedMap<any, any>): Record<string, () => unknown> => ({
  size: () => map.size, get: () => map.get('a'), getAbsent: () => map.get('absent'), has: () => map.has('a'), set: () => map.set('a', 1),
  setObject: () => map.set('a', { x: 1 }), delete: () => map.delete('a'), clear: () => map.clear(), swap: () => map.swap('a', 1),
  getOrInsert: () => map.getOrInsert('a', 1), getOrInsertComputed: () => map.getOrInsertComputed('a', () => 1),
  compareAndSet: () => map.compareAndSet('a', 1, 2), update: () => map.update('a', () => 2), increment: () => map.increment('a'),
  getMany: () => map.getMany(['a']), getManyConsistent: () => map.getMany(['a'], { consistent: true }), setMany: () => map.setMany([['a', 1]]),
  deleteMany: () => map.deleteMany(['a']), scan: () => [...map.scan(['a'])], entries: () => [...map.entries()], keys: () => [...map.keys()],
  values: () => [...map.values()], forEach: () => map.forEach(() => {}), iterator: () => [...map], snapshot: () => map.snapshot(),
  batch: () => map.batch().set('a', 1).flush(), reserve: () => map.reserve(10), stats: () => map.stats(),
})

for (const near of [0, 8192]) {
  test(`after close() every method throws ERR_SHARDMAP_CLOSED, and other handles go on (near ${near})`, t => {
    const name = fresh()
    const map = SharedMap.open<any, any>(name, { near })
    const other = SharedMap.open<any, any>(name, { near })
    map.set('a', 1)
    t.is(map.get('a'), 1)
    map.close()
    for (const [method, use] of Object.entries(uses(map))) refuses(t, 'ERR_SHARDMAP_CLOSED', use, method)
    t.is(other.get('a'), 1)
    t.is(other.size, 1)
    other.set('a', 2)
    t.is(SharedMap.open<any, any>(name).get('a'), 2, 'the data lives until destroy')
  })

  test(`after destroy() every method of every handle throws ERR_SHARDMAP_CLOSED (near ${near})`, t => {
    const name = fresh()
    const handles = [SharedMap.open<any, any>(name, { near }), SharedMap.open<any, any>(name, { near })]
    handles[0].set('a', 1)
    for (const map of handles) t.is(map.get('a'), 1)
    t.true(SharedMap.destroy(name))
    t.false(SharedMap.destroy(name))
    for (const map of handles) {
      for (const [method, use] of Object.entries(uses(map))) refuses(t, 'ERR_SHARDMAP_CLOSED', use, method)
    }
    const again = SharedMap.open<any, any>(name, { near, shards: 4 })
    t.is(again.size, 0)
    t.is(again.get('a'), undefined)
    again.set('a', 'new')
    refuses(t, 'ERR_SHARDMAP_CLOSED', () => handles[0].get('a'), 'a handle of the destroyed map never sees the new one')
    t.is(again.get('a'), 'new')
  })
}

test('closing twice is closing, by its name and by Symbol.dispose', t => {
  const name = fresh()
  const map = SharedMap.open<any, any>(name)
  map[Symbol.dispose]()
  map.close()
  map[Symbol.dispose]()
  refuses(t, 'ERR_SHARDMAP_CLOSED', () => map.get('a'))
  t.is(map.name, name)
  t.notThrows(() => inspect(map))
  SharedMap.destroy(name)
  t.notThrows(() => map.close())
})

test('names() lists what is open anywhere, until it is destroyed', t => {
  const name = fresh()
  t.false(SharedMap.names().includes(name))
  t.false(SharedMap.destroy(name))
  const map = SharedMap.open(name)
  t.true(SharedMap.names().includes(name))
  map.close()
  t.true(SharedMap.names().includes(name))
  SharedMap.destroy(name)
  t.false(SharedMap.names().includes(name))
})

test('an iteration over a map that is destroyed meanwhile throws or ends, and never goes wrong', t => {
  const name = fresh()
  const map = SharedMap.open<any, any>(name, { shards: 64 })
  for (let i = 0; i < 1000; i++) map.set(i, i)
  const entries = map.entries()
  t.false(entries.next().done)
  SharedMap.destroy(name)
  refuses(t, 'ERR_SHARDMAP_CLOSED', () => { for (const [key, value] of entries) if (key !== value) t.fail() })
})

test('a snapshot outlives close and destroy of its map', t => {
  const name = fresh()
  const map = SharedMap.open<any, any>(name)
  for (let i = 0; i < 1000; i++) map.set(i, { i })
  const snapshot = map.snapshot()
  map.close()
  t.deepEqual(snapshot.get(5), { i: 5 })
  SharedMap.destroy(name)
  t.is(snapshot.size, 1000)
  t.deepEqual(snapshot.get(999), { i: 999 })
  t.is([...snapshot].length, 1000)
})

test('destroy reaches a thread that answers from its near cache', async t => {
  const name = fresh()
  const map = SharedMap.open<any, any>(name)
  map.set('a', { x: 1 })
  const thread = start(lives, 'readUntilClosed', { name })
  t.is(await thread.next(), 'reading')
  SharedMap.destroy(name)
  const { code, reads } = await thread.done
  t.is(code, 'ERR_SHARDMAP_CLOSED')
  t.true(reads > 0)
})
