// A version is whole and stays as it is, for whoever holds it.
import test from 'ava'
import { inspect } from 'node:util'
import { MessageChannel, Worker } from 'node:worker_threads'
import { SnapshotMap, type Snapshot } from 'shardmap'
import { refuses } from './fixtures/codes.js'
import { samples } from './fixtures/samples.js'
import { badKeys, contentOf, modes, open, rowsOf } from './fixtures/versions.js'

for (const mode of modes) {
  test(`a new map is empty and stands at version 0n (${mode})`, t => {
    const map = open({ mode })
    t.deepEqual([map.version, map.size, map.get('a'), map.has('a')], [0n, 0, undefined, false])
    t.deepEqual(contentOf(map), { version: 0n, rows: [] })
    t.deepEqual(map.versions().map(({ version, changes }) => [version, changes]), [[0n, 0]])
  })

  test(`every commit is one version, and each snapshot keeps its own (${mode})`, async t => {
    const map = open({ mode, history: 2 })
    const taken: Snapshot<any, any>[] = []
    for (let i = 1; i <= 50; i++) {
      t.is(await map.commit([['n', i], [i, 'present'], [i - 5, undefined]]), BigInt(i))
      taken.push(map.snapshot())
    }
    taken.forEach((snapshot, index) => {
      const i = index + 1
      t.is(snapshot.version, BigInt(i))
      t.is(snapshot.get('n'), i)
      t.is(snapshot.size, 1 + Math.min(i, 5))
      t.true(snapshot.has(i))
      t.false(snapshot.has(i - 5) || snapshot.has(i + 1))
      t.is([...snapshot].length, snapshot.size)
    })
    t.deepEqual(rowsOf(taken[2]), [[1, 'present'], [2, 'present'], [3, 'present'], ['n', 3]])
    t.true([...taken[2].keys()].includes('n') && [...taken[2].values()].includes('present') && [...taken[2].entries()].length === 4)
  })

  test(`an iteration gives every entry of its version once while commits go on (${mode})`, async t => {
    const map = open({ mode })
    const entries = 7000
    await map.commit(Array.from({ length: entries }, (_, i) => [['row', i], i]))
    using snapshot = map.snapshot()
    const seen = new Uint8Array(entries)
    let count = 0
    for (const [key, value] of snapshot) {
      if (key[1] !== value) t.fail()
      seen[value]++
      if (count++ % 100 === 0) map.commitSync([[['row', value], 'later'], [['row', (value + 1) % entries], undefined], [['new', count], 1]])
    }
    t.is(count, entries)
    t.true(seen.every(times => times === 1))
    t.is(map.version, 71n)
    t.is([...map.snapshot()].length, map.size)
  })

  test(`what can be stored comes back, frozen or a reader's own, from the map and from a snapshot (${mode})`, async t => {
    for (const near of [0, 8192]) {
      const map = open({ mode, near })
      const cloneable = Object.entries(samples).filter(([label]) => !/symbol/i.test(label) && label !== 'undefined')
      await map.commit(cloneable.map(([label, make]) => [label, make()]))
      using snapshot = map.snapshot()
      const iterated = new Map(snapshot)
      for (const [label, make] of cloneable) {
        const expected = structuredClone(make())
        for (const got of [map.get(label), map.get(label), snapshot.get(label), iterated.get(label), map.get(label, { at: 1n })]) t.deepEqual(got, expected, label)
      }
      const plain = map.get('nested')
      t.true(Object.isFrozen(plain) && Object.isFrozen(plain.a.b.c))
      t.true(Object.isFrozen(snapshot.get('nested').a))
      map.get('map').set('mine', 1)
      map.get('date').setTime(0)
      snapshot.get('uint8')[0] = 99
      t.deepEqual([map.get('map'), map.get('date'), snapshot.get('uint8')], [samples.map(), samples.date(), samples.uint8()])
    }
  })
}

test('a snapshot outlives commits beyond the history, close and destroy of its map', async t => {
  const map = open({ history: 0 })
  await map.commit([['a', { n: 1 }]])
  const snapshot = map.snapshot()
  for (let i = 0; i < 20; i++) await map.commit([['a', { n: i }]])
  map.close()
  t.deepEqual(snapshot.get('a'), { n: 1 })
  t.true(SnapshotMap.destroy(map.name))
  t.deepEqual([...snapshot], [['a', { n: 1 }]])
  snapshot.close()
  refuses(t, 'ERR_SHARDMAP_CLOSED', () => snapshot.get('a'))
})

test('a closed snapshot throws ERR_SHARDMAP_CLOSED for good, though its native part serves the next ones', async t => {
  const map = open()
  await map.commit(Array.from({ length: 5000 }, (_, i) => [i, 'old']))
  const closed = Array.from({ length: 40 }, () => map.snapshot())
  const walks = closed.map(snapshot => snapshot.entries())
  for (const walk of walks) walk.next()
  for (const snapshot of closed) {
    snapshot.close()
    snapshot.close()
    snapshot[Symbol.dispose]()
  }
  await map.commit([[0, 'new']])
  const alive = Array.from({ length: 40 }, () => map.snapshot())
  for (const [i, snapshot] of closed.entries()) {
    snapshot.close()
    const uses: Record<string, () => unknown> = {
      version: () => snapshot.version, at: () => snapshot.at, size: () => snapshot.size, get: () => snapshot.get(0), has: () => snapshot.has(0),
      entries: () => snapshot.entries(), keys: () => snapshot.keys(), values: () => snapshot.values(), iterator: () => [...snapshot],
      walk: () => { for (const _ of walks[i]); },
    }
    for (const [label, use] of Object.entries(uses)) refuses(t, 'ERR_SHARDMAP_CLOSED', use, label)
    t.regex(inspect(snapshot), /closed/)
  }
  for (const snapshot of alive) t.deepEqual([snapshot.version, snapshot.get(0), snapshot.size], [2n, 'new', 5000])
  t.is(map.stats().liveSnapshots, 40)
  alive.forEach(snapshot => snapshot.close())
  t.is(map.stats().liveSnapshots, 0)
  t.is(map.stats().oldestSnapshotMs, 0)
})

test('a snapshot says when its version was made', async t => {
  const map = open()
  const before = Date.now()
  await map.commit([['a', 1]])
  const after = Date.now()
  const snapshot = map.snapshot()
  t.true(snapshot.at instanceof Date && snapshot.at.getTime() >= before && snapshot.at.getTime() <= after)
  t.deepEqual(map.versions().at(-1), { version: 1n, at: snapshot.at, changes: 1 })
  snapshot.at.setTime(0)
  t.true(snapshot.at.getTime() >= before, 'each reader has a Date of its own')
})

test('keys that look alike are keys of their own, in every version', async t => {
  const map = open()
  const keys = ['1', 1, 1n, true, 'true', ['1'], [1], [1, 2], '1,2', '', [''], 'a\uD800', 'a\uDC00', new Uint8Array([1]), [new Uint8Array([1])], NaN, 'NaN', -1, 2n ** 70n]
  await map.commit(keys.map((key, i) => [key, i]))
  t.is(map.size, keys.length)
  using snapshot = map.snapshot()
  keys.forEach((key, i) => t.deepEqual([map.get(key), snapshot.get(key), map.has(key)], [i, i, true]))
  await map.commit(tx => keys.forEach((key, i) => t.is(tx.get(key), i)))
  await map.commit([[0, 'zero']])
  t.is(map.get(-0), 'zero')
})

test('reads refuse what is no key', async t => {
  const map = open()
  await map.commit([['a', 1]])
  using snapshot = map.snapshot()
  for (const [label, key] of badKeys) {
    for (const read of [() => map.get(key), () => map.has(key), () => map.get(key, { at: 1n }), () => snapshot.get(key), () => snapshot.has(key)]) {
      refuses(t, 'ERR_SHARDMAP_KEY', read, label)
    }
  }
})

test('a handle, a snapshot, a transaction and a lease cannot be sent to another thread', async t => {
  const map = open()
  const lease = await map.lock(['a'])
  const { port1 } = new MessageChannel()
  const refused = (handle: object) => {
    for (const message of [handle, { handle }, [[handle]], new Map([[1, handle]])]) {
      t.throws(() => port1.postMessage(message), { name: 'DataCloneError', any: true })
      t.throws(() => new Worker('', { eval: true, workerData: message }), { name: 'DataCloneError', any: true })
      refuses(t, 'ERR_SHARDMAP_VALUE', () => map.commitSync([['a', message]]))
    }
  }
  for (const handle of [map, map.snapshot(), lease]) refused(handle)
  await map.commit(tx => refused(tx))
  t.is(map.version, 0n)
  port1.close()
})

test('inspect shows what a handle is, open, closed and destroyed', async t => {
  const map = open()
  await map.commit(Array.from({ length: 500 }, (_, i) => [`key${i}`, { i }]))
  t.regex(inspect(map), /SnapshotMap "versions-.*at 1.*500.*key\d+/)
  t.true(inspect(map).length < 2000, 'a large map is not printed whole')
  const snapshot = map.snapshot()
  t.regex(inspect({ deep: { snapshot } }), /Snapshot 1 of .*500/)
  const lease = await map.lock(['a', 'b'])
  t.regex(inspect(lease), /Lease 1 .*2 keys/)
  lease.release()
  t.regex(inspect(lease), /released/)
  t.is(map.stats().liveSnapshots, 1, 'looking holds nothing')
  SnapshotMap.destroy(map.name)
  t.regex(inspect(map), /closed/)
  map.close()
  t.true(inspect(map).includes(map.name))
})
