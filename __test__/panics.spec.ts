// A panic inside any native function becomes ERR_SHARDMAP_PANIC, and the map goes on.
import test from 'ava'
import { createRequire } from 'node:module'
import { SharedCache, SharedMap, ShardmapError } from 'shardmap'
import { refuses } from './fixtures/codes.js'
import { underPanics } from './fixtures/panicking.js'
import { fresh } from './fixtures/threads.js'

const require = createRequire(import.meta.url)
const binding = require('../../dist/binding.js').loadBinding()
const scratch = () => new ArrayBuffer(32 + 65536)
const functionsOf = (object: any): string[] => Object.keys(object).filter(name => typeof object[name] === 'function')

/** How each native function is called when nothing is wrong. */
const exportCalls: Record<string, () => unknown> = {
  attach: () => binding.attach(scratch(), ShardmapError),
  slotWords: () => binding.slotWords(),
  otherImages: () => binding.otherImages(),
  version: () => binding.version(),
  // On Windows.
  ...binding.exiting && { exiting: () => binding.exiting!() },
}
const space = binding.attach(scratch(), ShardmapError)
const spaceCalls = (name: string): Record<string, () => unknown> => ({
  openMap: () => space.openMap(name), destroyMap: () => space.destroyMap(fresh()), mapNames: () => space.mapNames(),
  openVersions: () => space.openVersions(name), destroyVersions: () => space.destroyVersions(fresh()), versionsNames: () => space.versionsNames(),
  openCache: () => space.openCache(name, 10), destroyCache: () => space.destroyCache(fresh()), cacheNames: () => space.cacheNames(),
  listen: () => space.listen(() => {}),
})
const mapCalls = (map: any): Record<string, () => unknown> => ({
  get: () => map.get('a'), has: () => map.has('a'), set: () => map.set('a', 2, 1), delete: () => map.delete('a'), increment: () => map.increment('n', 1),
  compareAndSet: () => map.compareAndSet('a', 1, 1, 2, 1), swap: () => map.swap('a', 2, 1), getOrInsert: () => map.getOrInsert('new', 2, 1),
  replaceIf: () => map.replaceIf('a', 0, 2, 1), clear: () => map.clear(), size: () => map.size(), reserve: () => map.reserve(10), stats: () => map.stats(),
  countNear: () => map.countNear(1, 0), stage: () => map.stage('staged', 1, 1), apply: () => map.apply(), writer: () => map.writer(), unstage: () => map.unstage(),
  readMany: () => map.readMany(true, 'a', 'n'), page: () => map.page(0), snapshot: () => map.snapshot(), close: () => map.close(),
})
const writerCalls = (writer: any): Record<string, () => unknown> => ({
  key: () => writer.key('b'), write: () => writer.write(0, 7, 1), forget: () => writer.forget(),
})
const snapshotCalls = (snapshot: any): Record<string, () => unknown> => ({
  size: () => snapshot.size(), get: () => snapshot.get('a'), has: () => snapshot.has('a'), page: () => snapshot.page(0), close: () => snapshot.close(),
})

function panicsOnce(t: any, label: string, call: () => unknown): void {
  binding.panicNext()
  const error = t.throws(call, { any: true }, label)
  t.is(error.code, 'ERR_SHARDMAP_PANIC', label)
  t.true(error instanceof Error, label)
}

test.serial('every export of the binding catches a panic', t => {
  t.deepEqual(functionsOf(binding).sort(), ['panicNext', ...Object.keys(exportCalls)].sort(), 'a new export needs its call here')
  for (const [name, call] of Object.entries(exportCalls)) {
    panicsOnce(t, name, call)
    t.notThrows(call, name)
  }
})

test.serial('every function of the space catches a panic and opens or destroys nothing', t => {
  const name = fresh('panic')
  const calls = spaceCalls(name)
  t.deepEqual(functionsOf(space).sort(), Object.keys(calls).sort())
  for (const [method, call] of Object.entries(calls)) {
    panicsOnce(t, method, call)
    t.false([...space.mapNames(), ...space.versionsNames(), ...space.cacheNames()].includes(name))
  }
})

test.serial('every function of a map catches a panic, changes nothing and leaves the map usable', t => {
  const name = fresh('panic')
  const map = space.openMap(name, 2)
  const calls = mapCalls(map)
  t.deepEqual(functionsOf(map).sort(), Object.keys(calls).sort())
  map.set('a', 1, 1)
  map.set('n', 5, 1)
  const whole = SharedMap.open<string, number>(name)
  for (const [method, call] of Object.entries(calls)) {
    panicsOnce(t, method, call)
    t.deepEqual([...whole].sort(), [['a', 1], ['n', 5]], method)
    t.is(map.get('a'), 1, method)
    map.set('b', 1, 1)
    t.true(map.delete('b'), `no lock is held after ${method}`)
  }
})

test.serial('every function of a batch writer catches a panic and writes nothing', t => {
  const map = space.openMap(fresh('panic'))
  const writer = map.writer()
  writer.key('a')
  const calls = writerCalls(writer)
  t.deepEqual(functionsOf(writer).sort(), Object.keys(calls).sort())
  for (const [method, call] of Object.entries(calls)) {
    panicsOnce(t, method, call)
    t.is(map.size(), 0, method)
  }
  t.is(writer.write(0, 7, 1), 1)
  t.is(map.get('a'), 7)
})

test.serial('every function of a snapshot catches a panic and leaves the snapshot usable', t => {
  const map = space.openMap(fresh('panic'))
  map.set('a', 1, 1)
  const snapshot = map.snapshot()
  const calls = snapshotCalls(snapshot)
  t.deepEqual(functionsOf(snapshot).sort(), Object.keys(calls).sort())
  for (const [method, call] of Object.entries(calls)) {
    panicsOnce(t, method, call)
    map.set('a', 2, 1)
    t.is(snapshot.get('a'), 1, method)
  }
})

test.serial('through the face a panic is a ShardmapError, and the next call goes on', t => {
  const map = SharedMap.open<any, any>(fresh('panic'), { near: 0 })
  map.set('a', { x: 1 })
  const calls: Record<string, () => unknown> = {
    get: () => map.get('a'), set: () => map.set('a', 2), setMany: () => map.setMany([['a', 2], ['b', 3]]), update: () => map.update('a', () => 2),
    deleteMany: () => map.deleteMany(['a']), snapshot: () => map.snapshot(), entries: () => [...map], size: () => map.size, clear: () => map.clear(),
    batch: () => map.batch().set('b', 1).flush(), open: () => SharedMap.open(fresh('panic')), names: () => SharedMap.names(),
  }
  for (const [method, call] of Object.entries(calls)) {
    binding.panicNext()
    refuses(t, 'ERR_SHARDMAP_PANIC', call, method)
    t.deepEqual([...map], [['a', { x: 1 }]], method)
  }
  map.setMany([['c', 1]])
  t.deepEqual([...map.keys()].sort(), ['a', 'c'], 'nothing of a call that panicked was left staged')
})

test.serial('a setMany or deleteMany that panics while it applies leaves nothing for the next one to apply', async t => {
  for (const open of [() => SharedMap.open<string, number>(fresh('panic')), () => SharedCache.open<string, number>(fresh('panic'), { max: 10 })]) {
    await underPanics(panics => {
      const map = open()
      panics.of = name => name === 'apply'
      refuses(t, 'ERR_SHARDMAP_PANIC', () => map.setMany([['a', 1]]))
      panics.of = () => false
      map.setMany([['b', 2]])
      t.deepEqual([...map], [['b', 2]])
    })
  }
})
