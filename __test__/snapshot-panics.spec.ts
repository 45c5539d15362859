// A panic inside any native function of a SnapshotMap becomes ERR_SHARDMAP_PANIC, and the map goes on.
import test from 'ava'
import { createRequire } from 'node:module'
import { ShardmapError } from 'shardmap'
import { refuses } from './fixtures/codes.js'
import { underPanics } from './fixtures/panicking.js'
import { fresh } from './fixtures/threads.js'
import { contentOf, open, rejects } from './fixtures/versions.js'

const require = createRequire(import.meta.url)
const binding = require('../../dist/binding.js').loadBinding()
const space = binding.attach(new ArrayBuffer(32 + 65536), ShardmapError)
space.listen(() => {})
const functionsOf = (object: any): string[] => Object.keys(object).filter(name => typeof object[name] === 'function')

/** How each native function is called when nothing is wrong. */
const versionsCalls = (versions: any): Record<string, () => unknown> => ({
  get: () => versions.get('a'), has: () => versions.has('a'), size: () => versions.size(), version: () => versions.version(), view: () => versions.view(),
  versions: () => versions.versions(), changes: () => versions.changes(1), stats: () => versions.stats(), stage: () => versions.stage('staged', 1, 1),
  stageKeys: () => versions.stageKeys('staged'), unstage: () => versions.unstage(), commit: () => versions.commit(1), tryCommit: () => versions.tryCommit(1, undefined, undefined, 1),
  replaceAll: () => versions.replaceAll(1), rollback: () => versions.rollback(1, 0), exportDelta: () => versions.exportDelta(0), applyDelta: () => versions.applyDelta(1, new Uint8Array()),
  lock: () => versions.lock(1, 1000), cancelLock: () => versions.cancelLock(-1), renew: () => versions.renew(1, 1000), release: () => versions.release(1), close: () => versions.close(),
})
const viewCalls = (view: any): Record<string, () => unknown> => ({
  take: () => view.take(0), size: () => view.size(), get: () => view.get('a'), has: () => view.has('a'), page: () => view.page(0), commit: () => view.commit(1), close: () => view.close(),
})

test.serial('every function of a versioned map catches a panic, changes nothing and leaves the map usable', t => {
  const versions = space.openVersions(fresh('panic'))
  versions.stage('a', 1, 1)
  versions.commit()
  const calls = versionsCalls(versions)
  t.deepEqual(functionsOf(versions).sort(), Object.keys(calls).sort(), 'a new function needs its call here')
  for (const [name, call] of Object.entries(calls)) {
    binding.panicNext()
    refuses(t, 'ERR_SHARDMAP_PANIC', call, name)
    t.deepEqual([versions.version(), versions.size(), versions.get('a'), versions.has('staged')], [1, 1, 1, false], name)
  }
  versions.stage('b', 2, 1)
  t.is(versions.commit(), 2, 'no lock is held')
  t.is(versions.size(), 2, 'nothing of a call that panicked was left staged')
})

test.serial('every function of a view catches a panic and leaves the view usable', t => {
  const versions = space.openVersions(fresh('panic'))
  versions.stage('a', 1, 1)
  versions.commit()
  const view = versions.view()
  view.take()
  versions.stage('a', 2, 1)
  versions.commit()
  const calls = viewCalls(view)
  t.deepEqual(functionsOf(view).sort(), Object.keys(calls).sort(), 'a new function needs its call here')
  for (const [name, call] of Object.entries(calls)) {
    binding.panicNext()
    refuses(t, 'ERR_SHARDMAP_PANIC', call, name)
    t.deepEqual([view.get('a'), view.size(), versions.version()], [1, 1, 2], name)
  }
})

test.serial('through the face a panic is a ShardmapError, thrown or rejected with, and the next call goes on', async t => {
  const map = open({ near: 0 })
  await map.commit([['a', { x: 1 }]])
  const delta = map.exportDelta(0n)
  const reads: Record<string, () => unknown> = {
    get: () => map.get('a'), getAt: () => map.get('a', { at: 0n }), has: () => map.has('a'), size: () => map.size, version: () => map.version, snapshot: () => map.snapshot(), at: () => map.at(0n),
    versions: () => map.versions(), changes: () => [...map.changes(0n)], commitSync: () => map.commitSync([['a', 2]]), commitSyncFn: () => map.commitSync(tx => tx.set('a', 2)),
    exportDelta: () => map.exportDelta(0n), stats: () => map.stats(),
  }
  const promises: Record<string, () => Promise<unknown>> = {
    commit: () => map.commit([['a', 2]]), commitFn: () => map.commit(tx => tx.set('a', 2)), tryCommit: () => map.tryCommit({ version: 1n, writes: [['a', 2]] }),
    replaceAll: () => map.replaceAll([['b', 1]]), rollback: () => map.rollback(0n), lock: () => map.lock(['a']), applyDelta: () => map.applyDelta(delta),
  }
  const before = contentOf(map)
  for (const [method, read] of Object.entries(reads)) {
    binding.panicNext()
    refuses(t, 'ERR_SHARDMAP_PANIC', read, method)
    t.deepEqual(contentOf(map), before, method)
  }
  for (const [method, call] of Object.entries(promises)) {
    binding.panicNext()
    await rejects(t, 'ERR_SHARDMAP_PANIC', call, method)
    t.deepEqual(contentOf(map), before, method)
  }
  await map.commit([['c', 1]])
  t.deepEqual([...map.snapshot().keys()].sort(), ['a', 'c'], 'nothing of a call that panicked was left staged')
  ;(await map.lock(['a'])).release()
})

test.serial('a panic while an answer is handed over leaves nobody waiting', async t => {
  const map = open()
  const asked = [map.replaceAll([['a', 1]]), map.replaceAll([['a', 2]])]
  binding.panicNext()
  t.deepEqual((await Promise.all(asked)).sort(), [1n, 2n])
  const lease = await map.lock(['a'])
  const waiting = map.lock(['a'])
  lease.release()
  binding.panicNext()
  ;(await waiting).release()
  t.is(await map.replaceAll([['a', 3]]), 3n)
})

test.serial('an answer settles its promise, whatever native call panics when it comes', t => underPanics(async panics => {
  const map = open()
  const lease = await map.lock(['a'])
  const asked = [map.replaceAll([['a', 1]]), map.rollback(9n).catch(error => error.code), map.lock(['a'])]
  lease.release()
  panics.of = () => true
  const [version, code, waited] = await Promise.all(asked)
  panics.of = () => false
  t.deepEqual([version, code, map.version], [1n, 'ERR_SHARDMAP_VERSION', 1n])
  waited.release()
}))

test.serial('a commit that was made is told of, though the view that its function has read cannot be let go', t => underPanics(async panics => {
  const map = open()
  panics.of = name => name === 'close'
  t.is(await map.commit(tx => { tx.set('a', 1) }), 1n)
  t.is(map.commitSync(tx => { tx.set('a', 2) }), 2n)
  t.is(panics.count, 2)
  panics.of = () => false
  t.is(await map.commit(tx => { tx.set('a', 3) }), 3n)
}))

test.serial('who gives up waiting for a lock whose cancelling panics rejects at once, and what is granted nevertheless is let go', t => underPanics(async panics => {
  const map = open()
  const lease = await map.lock(['a'], { leaseMs: 3_600_000 })
  const giveUp = new AbortController()
  const waiting = map.lock(['a'], { leaseMs: 3_600_000, signal: giveUp.signal })
  panics.of = name => name === 'cancelLock' || (name === 'release' && panics.count % 2 === 0)
  giveUp.abort()
  await t.throwsAsync(waiting, { name: 'AbortError', any: true })
  t.is(panics.count, 2)
  refuses(t, 'ERR_SHARDMAP_PANIC', () => lease.release())
  t.false(lease.signal.aborted)
  lease.release()
  t.true(lease.signal.aborted, 'what could not be released is released by the next call')
  panics.count = 0
  ;(await map.lock(['a'])).release()
}))
