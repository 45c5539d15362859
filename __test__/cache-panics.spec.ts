// A panic inside any native function of a cache becomes ERR_SHARDMAP_PANIC, and the cache goes on.
import test from 'ava'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SharedCache, ShardmapError } from 'shardmap'
import { refuses } from './fixtures/codes.js'
import { eventually } from './fixtures/eventually.js'
import { underPanics } from './fixtures/panicking.js'
import { fresh } from './fixtures/threads.js'

const binding = createRequire(import.meta.url)('../../dist/binding.js').loadBinding()
const folder = mkdtempSync(join(tmpdir(), 'shardmap-panics-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))
const functionsOf = (object: any): string[] => Object.keys(object).filter(name => typeof object[name] === 'function')

type Letter = [kind: number, request: number, ...rest: unknown[]]
const [LOADED, LEAD, NEWS] = [3, 5, 6]
const [WAIT, LEADS] = [1, 2]

/** What a thread has, as often as a test wants it: its letters can be awaited by the number of the request. */
function attach() {
  const scratch = new ArrayBuffer(32 + 65536)
  const space = binding.attach(scratch, ShardmapError)
  const letters: Letter[] = []
  let wake = () => {}
  space.listen((...letter: Letter) => {
    letters.push(letter)
    wake()
  })
  async function letterOf(request: number): Promise<Letter> {
    const awake = setInterval(() => {}, 60_000)
    for (;;) {
      const at = letters.findIndex(letter => letter[1] === request)
      if (at >= 0) {
        clearInterval(awake)
        return letters.splice(at, 1)[0]!
      }
      await new Promise<void>(resolve => { wake = resolve })
    }
  }
  return { space, head: new Int32Array(scratch, 0, 8), letterOf }
}

const cacheCalls = (cache: any): Record<string, () => unknown> => ({
  get: () => cache.get('a'), peek: () => cache.peek('a'), has: () => cache.has('a'), set: () => cache.set('a', 2, 1, 1000, 'tag'), increment: () => cache.increment('n', 1),
  delete: () => cache.delete('a'), clear: () => cache.clear(), size: () => cache.size(), remaining: () => cache.remaining('a'), page: () => cache.page(0),
  touches: () => cache.touches(new ArrayBuffer(8)), touch: () => cache.touch(), stage: () => cache.stage('staged', 1, 1), unstage: () => cache.unstage(), apply: () => cache.apply(),
  invalidate: () => cache.invalidate('tag'), stats: () => cache.stats(), fetch: () => cache.fetch(1, 'new', false, 0), settle: () => cache.settle('a', 1, 2, 1),
  fail: () => cache.fail('a', 1, 2, 1), abandon: () => cache.abandon('a', 1), leave: () => cache.leave('a', 1), listen: () => cache.listen(1, 15), unlisten: () => cache.unlisten(),
  events: () => cache.events(), dump: () => cache.dump(1, join(folder, 'dump')), load: () => cache.load(1, join(folder, 'dump')), close: () => cache.close(),
})

test.serial('every function of a cache catches a panic, changes nothing and leaves the cache usable', t => {
  const { space, head } = attach()
  const cache = space.openCache(fresh('panic'), 100)
  cache.set('a', 1, 1, undefined, 'tag')
  cache.set('n', 5, 1)
  const calls = cacheCalls(cache)
  t.deepEqual(functionsOf(cache).sort(), Object.keys(calls).sort(), 'a new function needs its call here')
  for (const [name, call] of Object.entries(calls)) {
    binding.panicNext()
    refuses(t, 'ERR_SHARDMAP_PANIC', call, name)
    t.deepEqual([cache.size(), cache.get('a'), cache.get('n'), cache.has('staged')], [2, 1, 5, false], name)
    cache.set('b', 1, 1)
    t.true(cache.delete('b'), `no lock is held after ${name}`)
  }
  cache.fetch(1, 'new', false, 0)
  t.is(head[6], LEADS, 'no flight is left of a fetch that panicked')
})

test.serial('a panic while a letter is handed over leaves nobody waiting', async t => {
  const [first, second] = [attach(), attach()]
  const name = fresh('panic')
  const [leader, waiter] = [first.space.openCache(name, 100), second.space.openCache(name)]
  leader.fetch(1, 'a', false, 0)
  waiter.fetch(2, 'a', false, 0)
  t.deepEqual([first.head[6], second.head[6]], [LEADS, WAIT])
  leader.settle('a', first.head[7], 'loaded', 1)
  binding.panicNext()
  t.deepEqual(await second.letterOf(2), [LOADED, 2, 1, 'loaded'])

  waiter.listen(3, 15)
  leader.delete('a')
  binding.panicNext()
  t.deepEqual(await second.letterOf(3), [NEWS, 3])
  t.deepEqual(waiter.events(), [0, 3, 3, 'a'])
})

test.serial('a lead that cannot be handed over goes to the next who waits', async t => {
  const [first, second, third] = [attach(), attach(), attach()]
  const name = fresh('panic')
  const caches = [first, second, third].map(({ space }, at) => {
    const cache = space.openCache(name, 100)
    cache.fetch(at, 'a', false, 0)
    return cache
  })
  caches[0].abandon('a', first.head[7])
  binding.panicNext(2)
  const [kind, , code] = await second.letterOf(1)
  t.deepEqual([kind, code], [1, 'ERR_SHARDMAP_PANIC'])
  const [lead, , flight, stale] = await third.letterOf(2)
  t.deepEqual([lead, stale], [LEAD, 0])
  t.true(caches[2].settle('a', flight, 'loaded', 1))
  t.is(caches[0].get('a'), 'loaded')
})

test.serial('events that a panic keeps from being taken are told later', t => underPanics(async panics => {
  const cache = SharedCache.open<string, number>(fresh('panic'), { max: 10 })
  const heard: string[] = []
  cache.on('delete', ({ key }) => heard.push(key))
  panics.of = name => name === 'events'
  for (const key of ['a', 'b']) cache.set(key, 1).delete(key)
  await eventually(() => panics.count >= 2)
  t.deepEqual(heard, [])
  panics.of = () => false
  await eventually(() => heard.length === 2)
  t.deepEqual(heard, ['a', 'b'])
}))
