// Dumps for warm starts: what comes back, and what damage changes nothing.
import test from 'ava'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { SharedCache } from 'shardmap'
import { open, rowsOf, until } from './fixtures/caches.js'
import { digest, folder } from './fixtures/files.js'
import { openFiles } from './fixtures/open-files.js'
import { samples } from './fixtures/samples.js'
import { start } from './fixtures/threads.js'
import { rejects } from './fixtures/versions.js'

const caching = new URL('./fixtures/caching.js', import.meta.url).href

test('entries of every type come back, with their ttl and tags', async t => {
  const path = `${folder(t)}/cache`
  const cache = open({ max: 1000 })
  const cloneable = Object.entries(samples).filter(([label]) => !/symbol/i.test(label))
  for (const [label, make] of cloneable) cache.set(label, make())
  for (const key of [1, 1n, ['a', 1], new Uint8Array([1]), true, '\uD800']) cache.set(key, 'key')
  cache.set('tagged', 1, { tags: ['x', 'y'] }).set('short', 1, { ttl: 1e9 })
  t.is(await cache.dump(path), cache.size)
  const warm = open({ max: 1000, ttl: 5 })
  t.is(await warm.load(path), cache.size)
  for (const [label, make] of cloneable) t.deepEqual(warm.get(label), structuredClone(make()), label)
  t.is(warm.get(['a', 1]), 'key')
  t.is(warm.getRemainingTTL('tagged'), Infinity)
  const left = warm.getRemainingTTL('short')
  t.true(left > 9e8 && left <= 1e9)
  t.is(warm.invalidateTag('y'), 1)
  t.is(warm.invalidateTag('x'), 0)
})

test('what has expired stays away, what is there stays as it is, and nothing is evicted', async t => {
  const path = `${folder(t)}/cache`
  const cache = open({ max: 10, policy: 'lru' })
  cache.set('gone', 1, { ttl: 10 })
  await until('it has expired', () => !cache.has('gone'))
  for (let i = 0; i < 8; i++) cache.set(`k${i}`, i)
  cache.get('k0')
  t.is(await cache.dump(path), 8)
  const warm = open({ max: 5, policy: 'lru' })
  warm.set('own', 1).set('k1', 'mine')
  t.is(await warm.load(path), 3)
  t.deepEqual(rowsOf(warm), [['k0', 0], ['k1', 'mine'], ['k6', 6], ['k7', 7], ['own', 1]], 'the hottest come')
  t.is(warm.stats().evictions.size, 0)
})

test('damage anywhere is ERR_SHARDMAP_CORRUPT and changes nothing, the file neither', async t => {
  const directory = folder(t)
  const path = `${directory}/cache`
  const cache = open()
  for (let i = 0; i < 20; i++) cache.set(i, `value ${i}`, { tags: ['t'] })
  await cache.dump(path)
  const whole = readFileSync(path)
  const warm = open()
  warm.set('own', 1)
  const damaged = [
    ...Array.from({ length: 40 }, (_, i) => { const copy = Buffer.from(whole); copy[Math.floor((i * whole.length) / 40)] ^= 1 << (i % 8); return copy }),
    ...[0, 1, 7, whole.length >> 1, whole.length - 1].map(length => whole.subarray(0, length)), Buffer.concat([whole, whole]), Buffer.from('something else'),
  ]
  for (const [i, bytes] of damaged.entries()) {
    writeFileSync(path, bytes)
    const before = digest(path)
    await rejects(t, 'ERR_SHARDMAP_CORRUPT', () => warm.load(path), `damage ${i}`)
    t.is(digest(path), before)
    t.deepEqual([...warm], [['own', 1]])
  }
  writeFileSync(path, whole)
  t.is(await warm.load(path), 20)
})

test('a path where no file can be, or none is, rejects with a code and leaves what is there', async t => {
  const directory = folder(t)
  const cache = open()
  cache.set('a', 1)
  mkdirSync(`${directory}/folder`)
  for (const call of [() => cache.load(`${directory}/absent`), () => cache.dump(`${directory}/no/where`)]) {
    const error: any = await t.throwsAsync(call)
    t.true(['ERR_SHARDMAP_IO', 'ERR_SHARDMAP_OPTION'].includes(error.code), error.code)
    t.true(error.message.includes(directory))
  }
  await t.throwsAsync(cache.dump(`${directory}/folder`))
  for (const path of [undefined, null, 5, '', 'a\0b', '\uD800', {}] as any[]) {
    await rejects(t, 'ERR_SHARDMAP_OPTION', () => cache.dump(path), String(path))
    await rejects(t, 'ERR_SHARDMAP_OPTION', () => cache.load(path), String(path))
  }
  t.deepEqual(readdirSync(directory), ['folder'])
})

test('a closed or destroyed cache neither dumps nor loads', async t => {
  const path = `${folder(t)}/cache`
  const cache = open()
  const other = SharedCache.open<any, any>(cache.name)
  cache.close()
  await rejects(t, 'ERR_SHARDMAP_CLOSED', () => cache.dump(path))
  await rejects(t, 'ERR_SHARDMAP_CLOSED', () => cache.load(path))
  SharedCache.destroy(cache.name)
  await rejects(t, 'ERR_SHARDMAP_CLOSED', () => other.dump(path))
  await rejects(t, 'ERR_SHARDMAP_CLOSED', () => other.load(path))
  t.false(existsSync(path))
})

test('dumps, loads and writes at once keep whole entries', async t => {
  const directory = folder(t)
  const cache = open({ max: 500 })
  const calls: Promise<number>[] = []
  for (let i = 0; i < 2000; i++) {
    cache.set(i % 300, [i, i])
    if (i % 400 === 0) calls.push(cache.dump(`${directory}/${i}`), cache.dump(`${directory}/same`))
  }
  await Promise.all(calls)
  for (const file of readdirSync(directory)) {
    const warm = open({ max: 500 })
    t.true((await warm.load(`${directory}/${file}`)) > 0)
    for (const [key, [one, two]] of warm) t.true(one === two && one % 300 === key)
  }
  t.deepEqual(readdirSync(directory).sort(), ['0', '1200', '1600', '400', '800', 'same'])
})

test('a dump whose thread is ended is finished all the same, and then it has no file open and nothing beside it', async t => {
  const directory = folder(t)
  const cache = open({ max: 100_000 })
  for (let i = 0; i < 50_000; i++) cache.set(i, i)
  for (const file of ['one', 'two', 'three']) {
    const thread = start(caching, 'dumps', { name: cache.name, path: `${directory}/${file}` })
    await thread.next()
    await thread.end()
    await until('it was finished', () => existsSync(`${directory}/${file}`))
    const warm = open({ max: 100_000 })
    t.is(await warm.load(`${directory}/${file}`), 50_000)
    SharedCache.destroy(warm.name)
  }
  await until('its files were closed', () => openFiles().every(file => !file.startsWith(directory)))
  t.deepEqual(readdirSync(directory).sort(), ['one', 'three', 'two'])
})
