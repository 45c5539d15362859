// The contract of a storage adapter of Keyv 6, without Keyv between.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detectKeyvStorage, Keyv } from 'keyv'
import { SharedCacheStorage } from 'shardmap/keyv'
import { collect, eventually } from './collect.js'

let used = 0
const fresh = () => new SharedCacheStorage({ name: `storage-${used++}`, max: 10_000 })

test('Keyv 6 uses it as it is, and finds every method of a storage adapter', () => {
  const storage = fresh()
  assert.equal(new Keyv({ store: storage }).store, storage)
  const { compatible, store, methods } = detectKeyvStorage(storage)
  assert.deepEqual({ compatible, store }, { compatible: true, store: 'keyvStorage' })
  assert.deepEqual(storage.capabilities, { compatible, store, methods, expires: true })
})

test('set and get, has, delete', async () => {
  const storage = fresh()
  assert.equal(await storage.get('a'), undefined)
  assert.equal(await storage.set('a', 'one'), true)
  assert.equal(await storage.get('a'), 'one')
  assert.deepEqual([await storage.has('a'), await storage.has('b')], [true, false])
  assert.deepEqual([await storage.delete('a'), await storage.delete('a')], [true, false])
  assert.equal(await storage.has('a'), false)
})

test('many', async () => {
  const storage = fresh()
  assert.deepEqual(await storage.setMany([{ key: 'a', value: 1 }, { key: 'b', value: 2 }]), [true, true])
  assert.deepEqual(await storage.getMany(['a', 'no', 'b']), [1, undefined, 2])
  assert.deepEqual(await storage.hasMany(['a', 'no', 'b']), [true, false, true])
  assert.deepEqual(await storage.deleteMany(['a', 'no', 'b']), [true, false, true])
  assert.deepEqual([await storage.setMany([]), await storage.getMany([]), await storage.hasMany([]), await storage.deleteMany([])], [[], [], [], []])
})

test('an entry ends at the absolute time it was given', async () => {
  const storage = fresh()
  await storage.set('a', 1, Date.now() + 30)
  await storage.setMany([{ key: 'b', value: 2, expires: Date.now() + 30 }, { key: 'c', value: 3 }])
  await eventually(async () => !(await storage.has('a')) && !(await storage.has('b')))
  assert.deepEqual(await storage.getMany(['a', 'b', 'c']), [undefined, undefined, 3])
})

test('a time that is over is taken, and nothing stays', async () => {
  const storage = fresh()
  await storage.set('a', 'old')
  assert.equal(await storage.set('a', 'new', Date.now() - 300), true)
  assert.equal(await storage.get('a'), undefined)
})

test('the namespace is its own, and can be set and taken away', async () => {
  const storage = fresh()
  assert.equal(storage.namespace, undefined)
  await storage.set('bare', 0)
  storage.namespace = 'ns'
  assert.equal(storage.namespace, 'ns')
  assert.deepEqual(await collect(storage.iterator()), [])
  await storage.set('a', 1)
  assert.deepEqual(await collect(storage.iterator()), [['a', 1]])
  await storage.clear()
  storage.namespace = undefined
  assert.deepEqual(await collect(storage.iterator()), [['bare', 0]])
})
