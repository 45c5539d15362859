// What Keyv 6 promises its users must hold on both stores: on the one made for it, and on the one for Keyv 5 behind Keyv's bridge.
// The suite of Keyv 6 is not in the registry; these are tests of the same contract.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Keyv } from 'keyv'
import { SharedCacheStorage, SharedCacheStore } from 'shardmap/keyv'
import { collect, eventually } from './collect.js'

const stores = { SharedCacheStorage, SharedCacheStore }

for (const [label, Store] of Object.entries(stores)) {
  let used = 0
  const fresh = () => ({ name: `${label}-${used++}`, max: 10_000 })
  const keyvOf = (source = fresh(), options = {}) => {
    const keyv = new Keyv({ store: new Store(source), ...options })
    keyv.on('error', (error) => assert.fail(error))
    return keyv
  }

  describe(label, () => {
    for (const value of ['text', "'\"", 0, 1.5, false, null, [1, [2]], { a: { b: 'c' } }, 9007199254740993n, Buffer.from('bytes')]) {
      test(`keeps ${typeof value} ${Array.isArray(value) ? 'list' : String(value)}`, async () => {
        const keyv = keyvOf()
        assert.equal(await keyv.set('k', value), true)
        assert.deepEqual(await keyv.get('k'), value)
        assert.equal(await keyv.has('k'), true)
      })
    }

    test('keeps any value the cache takes when Keyv does not serialize', async () => {
      const keyv = keyvOf(fresh(), { serialization: false })
      const value = { when: new Date(0), set: new Set([1]), bytes: new Uint8Array([1]) }
      await keyv.set('k', value)
      assert.deepEqual(await keyv.get('k'), value)
    })

    test('what is not there is undefined, and false for has and delete', async () => {
      const keyv = keyvOf()
      assert.deepEqual(await keyv.get(['a', 'b']), [undefined, undefined])
      assert.deepEqual(await keyv.hasMany(['a', 'b']), [false, false])
      assert.deepEqual(await keyv.delete(['a', 'b']), [false, false])
      assert.equal(await keyv.delete('a'), false)
      assert.deepEqual([await keyv.getMany([]), await keyv.deleteMany([]), await keyv.hasMany([])], [[], [], []])
    })

    test('many at once, in the order they were asked for', async () => {
      const keyv = keyvOf()
      assert.deepEqual(await keyv.setMany([{ key: 'a', value: 1 }, { key: 'b', value: 2, ttl: 60_000 }, { key: 'a', value: 3 }]), [true, true, true])
      assert.deepEqual(await keyv.getMany(['b', 'no', 'a']), [2, undefined, 3])
      assert.deepEqual(await keyv.hasMany(['b', 'no', 'a']), [true, false, true])
      assert.equal((await keyv.deleteMany(['a', 'b'])).length, 2)
      assert.deepEqual(await keyv.getMany(['a', 'b']), [undefined, undefined])
    })

    test('a ttl ends the entry in the cache itself, of set and of setMany', async () => {
      const source = fresh()
      const keyv = keyvOf(source, { checkExpired: false })
      await keyv.set('a', 1, 30)
      await keyv.setMany([{ key: 'b', value: 2, ttl: 30 }, { key: 'c', value: 3 }])
      await eventually(async () => (await keyv.get('a')) === undefined && (await keyv.get('b')) === undefined)
      assert.deepEqual(await keyv.has(['a', 'b', 'c']), [false, false, true])
      assert.deepEqual(await collect(keyv.iterator()), [['c', 3]])
    })

    test('a raw value that has expired is taken, and not kept', async () => {
      const keyv = keyvOf(fresh(), { checkExpired: false })
      await keyv.set('a', 1)
      assert.equal(await keyv.setRaw('a', { value: 2, expires: Date.now() - 1000 }), true)
      assert.equal(await keyv.get('a'), undefined)
    })

    test('namespaces of one cache are apart: get, delete, clear, iterator', async () => {
      const source = fresh()
      const [one, two, all] = ['one', 'two', undefined].map((namespace) => keyvOf(source, { namespace }))
      for (const [keyv, mark] of [[one, 1], [two, 2]]) await keyv.setMany([{ key: 'a', value: mark }, { key: 'b', value: mark }])
      assert.deepEqual([await one.get('a'), await two.get('a')], [1, 2])
      assert.equal(await one.delete('a'), true)
      assert.deepEqual([await one.get('a'), await two.get('a')], [undefined, 2])
      assert.deepEqual(await collect(one.iterator()), [['b', 1]])
      assert.deepEqual(await collect(two.iterator()), [['a', 2], ['b', 2]])
      await one.clear()
      assert.deepEqual([await one.get('b'), await two.get('b')], [undefined, 2])
      await all.clear()
      assert.equal(await two.get('b'), undefined)
    })

    test('a value too large is false, without an error, and the old one is gone', async () => {
      const keyv = keyvOf({ ...fresh(), maxEntryBytes: 2000 })
      await keyv.set('a', 1)
      assert.equal(await keyv.set('a', 'x'.repeat(10_000)), false)
      assert.equal(await keyv.get('a'), undefined)
      assert.deepEqual(await keyv.setMany([{ key: 'a', value: 1 }, { key: 'b', value: 'x'.repeat(10_000) }]), [true, false])
    })

    test('disconnect resolves', async () => {
      await keyvOf().disconnect()
    })
  })
}
