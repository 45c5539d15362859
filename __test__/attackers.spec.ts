// What somebody can do who chooses keys and values, or paths: crowd a hash, hold a lock by reading slowly, be given more than there is room for, point at a device.
import test from 'ava'
import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SharedCache, SharedMap, SnapshotMap } from 'shardmap'
import { sharedCacheDriver } from 'shardmap/unstorage'
import { folder } from './fixtures/files.js'
import { runs } from './fixtures/processes.js'
import { fresh } from './fixtures/threads.js'
import { rejects } from './fixtures/versions.js'

const reading = new URL('./fixtures/reading.js', import.meta.url).href

test('two processes iterate over the same keys in orders of their own: the seed of the hash is drawn anew', async t => {
  const keys = Array.from({ length: 1000 }, (_, n) => `key ${n}`)
  const [[one], [other]] = await Promise.all([1, 2].map(() => runs(reading, 'iterates', { keys })))
  for (const kind of ['map', 'versions']) {
    t.notDeepEqual(one[kind], other[kind])
    t.deepEqual([...one[kind]].sort(), [...keys].sort())
  }
})

test('strings that read like numbers, as V8 hashed them (CVE-2026-21717), are keys like others, also in near caches and batches', t => {
  const map = SharedMap.open<string, number>(fresh(), { near: 64 })
  const batch = map.batch({ size: 1_000_000 })
  const keys = Array.from({ length: 20_000 }, (_, n) => String(n * 2 ** 20))
  for (const [n, key] of keys.entries()) batch.set(key, n)
  batch.flush()
  for (const [n, key] of keys.entries()) if (map.get(key) !== n || map.get(key) !== n) t.fail(key)
  t.is(map.size, keys.length)
})

test('who stops in the middle of an iteration or a snapshot keeps nobody from writing', t => {
  const map = SharedMap.open<number, number>(fresh(), { shards: 2 })
  const versions = SnapshotMap.open<number, number>(fresh('versions'))
  const cache = SharedCache.open<number, number>(fresh('cache'), { max: 10_000 })
  const entries = Array.from({ length: 1000 }, (_, n) => [n, n] as const)
  map.setMany(entries)
  versions.commitSync(entries)
  cache.setMany(entries)
  const stopped = [map.entries(), map.snapshot().entries(), versions.snapshot().entries(), versions.changes(0n), cache.entries(), cache.keys()] as Iterator<unknown>[]
  for (const slow of stopped) t.false(slow.next().done)
  for (const [n] of entries) {
    map.set(n, -n)
    cache.set(n, -n)
  }
  versions.commitSync(entries.map(([n]) => [n, -n] as const))
  map.clear()
  cache.clear()
  for (const slow of stopped) slow.next()
  t.deepEqual([map.size, versions.get(5), cache.size], [0, -5, 0])
})

test('what is beyond a limit is refused by its size, and leaves no copy', t => {
  const map = SharedMap.open<string, unknown>(fresh(), { maxBytes: 1 << 20, near: 0 })
  const cache = SharedCache.open<string, unknown>(fresh('cache'), { maxBytes: 1 << 20, near: 0 })
  const large = new Uint8Array(64 << 20)
  const before = process.resourceUsage().maxRSS
  for (let i = 0; i < 20; i++) {
    t.throws(() => map.set('k', large), { code: 'ERR_SHARDMAP_FULL' })
    t.throws(() => cache.set('k', large), { code: 'ERR_SHARDMAP_FULL' })
  }
  t.is(map.stats().bytes, 0)
  t.is(cache.size, 0)
  t.true(process.resourceUsage().maxRSS - before < 512 << 10, 'never more than a few of the 40')
})

test('keys and values beyond what is possible are refused: by their length, their depth, their number of parts', t => {
  const map = SharedMap.open<any, any>(fresh())
  for (const key of ['x'.repeat(65_536), new Uint8Array(65_536), Array(70_000).fill(true), 2n ** 600_000n, '\0'.repeat(40_000)]) t.throws(() => map.set(key, 1), { code: 'ERR_SHARDMAP_KEY' })
  let deep: unknown = 1
  for (let i = 0; i < 100_000; i++) deep = [deep]
  t.throws(() => map.set('k', deep), { code: 'ERR_SHARDMAP_VALUE' })
  t.is(map.size, 0)
})

test('names are any text of 1 to 255 bytes, never a path; others are refused', t => {
  const strange = ['../../etc/passwd', '/dev/null', 'C:\\con', 'con', 'nul.txt', '.', '..', 'a/b', 'ä\n\0', ' ', 'x'.repeat(255)]
  const before = readdirSync('.')
  for (const name of strange) {
    const own = SharedMap.open<string, string>(name)
    t.is(own.set('k', name).get('k'), name)
    t.true(SharedMap.destroy(name))
  }
  t.deepEqual(readdirSync('.'), before)
  for (const name of ['', 'x'.repeat(256), 'ä'.repeat(128), '\uD800', 5, null, undefined, {}, ['a']] as any[]) {
    for (const kind of [SharedMap, SnapshotMap]) t.throws(() => kind.open(name), { code: 'ERR_SHARDMAP_OPTION' }, String(name))
    t.throws(() => SharedCache.open(name, { max: 1 }), { code: 'ERR_SHARDMAP_OPTION' }, String(name))
  }
})

test('whatever the umask, files are for their owner alone; drafts too, and nothing is left beside them', async t => {
  const at = folder(t)
  const mask = process.umask(0)
  t.teardown(() => process.umask(mask))
  const map = SnapshotMap.open<string, number>(fresh('versions'), { path: `${at}/map` })
  await map.commit([['a', 1]])
  const cache = SharedCache.open<string, number>(fresh('cache'), { max: 10 })
  cache.set('a', 1)
  await cache.dump(`${at}/dump`)
  t.is(statSync(`${at}/map`).mode & 0o777, 0o600)
  t.is(statSync(`${at}/dump`).mode & 0o777, 0o600)
  chmodSync(`${at}/dump`, 0o644)
  await cache.dump(`${at}/dump`)
  t.is(statSync(`${at}/dump`).mode & 0o777, 0o600, 'one that was readable is replaced by one that is not')
  t.deepEqual(readdirSync(at).sort(), ['dump', 'map'])
})

test('devices, pipes and links to them are refused at once, and nothing waits for them', async t => {
  const at = folder(t)
  execFileSync('mkfifo', [join(at, 'pipe')])
  symlinkSync('/dev/zero', join(at, 'zero'))
  const cache = SharedCache.open<string, number>(fresh('cache'), { max: 10 })
  for (const path of ['/dev/zero', '/dev/full', '/dev/null', `${at}/pipe`, `${at}/zero`, at, `${at}/.`, '/proc/self/fd/0']) {
    t.throws(() => SnapshotMap.open(fresh('versions'), { path }), { any: true }, path)
    await t.throwsAsync(() => cache.dump(path), { any: true }, path)
    await t.throwsAsync(() => cache.load(path), { any: true }, path)
  }
  t.true(lstatSync(join(at, 'zero')).isSymbolicLink())
})

test('a link beside a dump, of a name that a draft could have, is not followed; a linked file is replaced and not written through', async t => {
  const at = folder(t)
  writeFileSync(`${at}/victim`, 'of somebody else')
  symlinkSync(`${at}/victim`, `${at}/dump.0123456789abcdef.shardmap-tmp`)
  const cache = SharedCache.open<string, number>(fresh('cache'), { max: 10 })
  linkSync(`${at}/victim`, `${at}/dump`)
  await cache.dump(`${at}/dump`)
  t.is(readFileSync(`${at}/victim`, 'utf8'), 'of somebody else')
  t.is(await cache.load(`${at}/dump`), 0)
  await rejects(t, 'ERR_SHARDMAP_CORRUPT', () => cache.load(`${at}/victim`))
})

test('a base or key of the driver for unstorage is text: no part of it leads out, and colons cost their number', t => {
  const cache = SharedCache.open<any, any>(fresh('cache'), { max: 100 })
  const driver = sharedCacheDriver({ cache, base: `tenant${':'.repeat(50_000)}` })
  const other = sharedCacheDriver({ cache, base: 'other' })
  other.setItem('secret', 'of the other')
  for (const key of ['../other:secret', '..:other:secret', '/../other/secret', '']) {
    t.is(driver.getItem(key), null, key)
    driver.setItem(key, 'own')
  }
  sharedCacheDriver({ cache, base: `${':'.repeat(49_999)}x` })
  t.deepEqual([other.getItem('secret'), other.getKeys()], ['of the other', ['secret']])
  driver.clear()
  t.is(other.getItem('secret'), 'of the other')
})
