// Events: of the whole process, in order per key, bounded.
import test from 'ava'
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { SharedCache, type CacheEvent, type CacheEventName } from 'shardmap'
import { open, until, type AnyCache } from './fixtures/caches.js'
import { start } from './fixtures/threads.js'

const caching = new URL('./fixtures/caching.js', import.meta.url).href
const names = ['evict', 'expire', 'replace', 'delete', 'dropped'] as const
/** More than any queue holds. */
const MANY = 20_000

/** Writes down what a cache tells. */
function hear(cache: AnyCache, ...events: CacheEventName[]) {
  const heard: [CacheEventName, any, string][] = []
  const stops = events.map(event => cache.on(event, ({ key, cause }: CacheEvent<any>) => heard.push([event, key, cause])))
  return { heard, stop: () => stops.forEach(stop => stop()) }
}

test('each way in which a value goes is told with its key and cause', async t => {
  const cache = open({ max: 4, policy: 'lru', maxEntryBytes: 2000 })
  const { heard } = hear(cache, ...names)
  cache.set('a', 1)
  cache.set('a', 2)
  cache.increment('a')
  cache.delete('a')
  cache.delete('a')
  cache.set(['t', 1], 1, { tags: ['x'] })
  cache.invalidateTag('x')
  for (const key of ['b', 'c', 'd', 'e', 5]) cache.set(key, 1)
  await cache.fetch('c', () => 2, { forceRefresh: true })
  t.throws(() => cache.set('d', 'x'.repeat(3000)), { code: 'ERR_SHARDMAP_FULL' })
  cache.clear()
  cache.set('short', 1, { ttl: 10 })
  await until('the last is told', () => heard.some(([event]) => event === 'expire'))
  const cleared = heard.splice(-4, 3).sort((a, b) => (String(a[1]) < String(b[1]) ? -1 : 1))
  t.deepEqual(heard, [
    ['replace', 'a', 'replaced'], ['replace', 'a', 'replaced'], ['delete', 'a', 'deleted'], ['delete', ['t', 1], 'invalidated'], ['evict', 'b', 'size'],
    ['replace', 'c', 'replaced'], ['replace', 'd', 'replaced'], ['expire', 'short', 'expired'],
  ])
  t.deepEqual(cleared, [['delete', 5, 'deleted'], ['delete', 'c', 'deleted'], ['delete', 'e', 'deleted']])
})

test('a listener hears what it listens for, from when it does until it stops', async t => {
  const cache = open({ max: 100 })
  cache.set('before', 1).delete('before')
  const deletes = hear(cache, 'delete')
  const both = hear(cache, 'delete', 'replace')
  cache.set('a', 1).set('a', 2)
  cache.delete('a')
  await until('it is told', () => both.heard.length === 2 && deletes.heard.length === 1)
  t.deepEqual(both.heard, [['replace', 'a', 'replaced'], ['delete', 'a', 'deleted']])
  deletes.stop()
  deletes.stop()
  cache.set('b', 1).delete('b')
  await until('it is told', () => both.heard.length === 3)
  t.is(deletes.heard.length, 1)
  both.stop()
  cache.set('c', 1).delete('c')
  const last = hear(cache, 'delete')
  cache.set('d', 1).delete('d')
  await until('it is told', () => last.heard.length > 0)
  t.deepEqual(last.heard, [['delete', 'd', 'deleted']])
  t.is(both.heard.length, 3)
})

test('what other threads do is told, in order per key', async t => {
  const cache = open({ max: 100_000 })
  const { heard } = hear(cache, 'replace', 'delete')
  const threads = [0, 1].map(seat => start(caching, 'changesInOrder', { name: cache.name, seat, rounds: 400 }))
  await Promise.all(threads.map(thread => thread.done))
  await until('all is told', () => heard.length === 2 * 4 * 800)
  for (let seat = 0; seat < 2; seat++) {
    for (let i = 0; i < 4; i++) {
      const events = heard.filter(([, key]) => key === `k${seat} ${i}`).map(([event]) => event)
      t.deepEqual(events, Array.from({ length: 400 }, () => ['replace', 'delete']).flat())
    }
  }
})

test('listeners of several threads and handles hear the same', async t => {
  const cache = open({ max: 100 })
  const other = SharedCache.open<any, any>(cache.name)
  const [here, there] = [hear(cache, 'delete'), hear(other, 'delete')]
  const elsewhere = start(caching, 'hears', { name: cache.name, count: 3 })
  await elsewhere.next()
  for (const key of ['a', 'b', 'c']) cache.set(key, 1).delete(key)
  const expected = ['a', 'b', 'c'].map(key => ['delete', key, 'deleted'])
  await until('all is told', () => here.heard.length === 3 && there.heard.length === 3)
  t.deepEqual([here.heard, there.heard, await elsewhere.done], [expected, expected, expected])
})

test('an overflowing queue drops the oldest and says how many, before what is left', async t => {
  const cache = open({ max: MANY })
  const heard: any[] = []
  let dropped = 0
  cache.on('delete', ({ key }) => heard.push(key))
  cache.on('dropped', ({ key, cause, count }) => {
    t.deepEqual([key, cause], [undefined, 'overflow'])
    t.is(heard.length, 0)
    dropped += count!
  })
  // All in one turn of the event loop: nobody can take them meanwhile.
  for (let i = 0; i < MANY; i++) cache.set(i, i).delete(i)
  await until('the last is told', () => heard.at(-1) === MANY - 1)
  t.true(dropped > 0)
  t.deepEqual(heard, Array.from({ length: MANY - dropped }, (_, i) => dropped + i))
  cache.set('after', 1).delete('after')
  await until('it goes on', () => heard.at(-1) === 'after')
})

test('closing a handle ends its listeners and no others', async t => {
  const cache = open({ max: 100 })
  const other = SharedCache.open<any, any>(cache.name)
  const [mine, theirs] = [hear(cache, 'delete'), hear(other, 'delete', 'replace')]
  cache.close()
  other.set('a', 1).set('a', 2).delete('a')
  await until('it is told', () => theirs.heard.length === 2)
  t.deepEqual(mine.heard, [])
  mine.stop()
  theirs.stop()
})

test('a listener may stop itself and others, use the cache and destroy it', async t => {
  const cache = open({ max: 100 })
  const heard: string[] = []
  const stopFirst = cache.on('delete', ({ key }) => {
    heard.push(`first ${key}`)
    cache.set(`again ${key}`, 1)
    stopFirst()
    stopSecond()
  })
  const stopSecond = cache.on('delete', ({ key }) => heard.push(`second ${key}`))
  cache.on('delete', ({ key }) => {
    heard.push(`third ${key}`)
    if (key === 'b') SharedCache.destroy(cache.name)
  })
  cache.set('a', 1).set('b', 1).set('c', 1)
  for (const key of ['a', 'b', 'c']) cache.delete(key)
  await until('all is told', () => heard.length === 4)
  t.deepEqual(heard, ['first a', 'third a', 'third b', 'third c'])
})

test('a listener that a listener adds hears of nothing that happened before', async t => {
  const cache = open({ max: 100 })
  const heard: string[] = []
  cache.on('delete', ({ key }) => {
    heard.push(`first ${key}`)
    if (key === 'a') cache.on('delete', later => heard.push(`second ${later.key}`))
  })
  cache.set('a', 1).set('b', 1).set('c', 1)
  for (const key of ['a', 'b']) cache.delete(key)
  await until('both are told', () => heard.length >= 2)
  cache.delete('c')
  await until('the last is told', () => heard.includes('second c'))
  t.deepEqual(heard, ['first a', 'first b', 'first c', 'second c'])
})

test('what a listener throws is an uncaught exception, and the others are told all the same', async t => {
  const path = createRequire(import.meta.url).resolve('shardmap')
  const code = `const { SharedCache } = require(${JSON.stringify(path)})
    process.on('uncaughtException', error => console.log('uncaught', error.message))
    const c = SharedCache.open('c', { max: 5 })
    c.on('delete', ({ key }) => { throw new Error(key) })
    c.on('delete', ({ key }) => console.log('told', key))
    for (const key of ['a', 'b']) c.set(key, 1).delete(key)
    setTimeout(() => {}, 50)`
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', code])
  t.deepEqual(stdout.trim().split('\n').sort(), ['told a', 'told b', 'uncaught a', 'uncaught b'])
})
