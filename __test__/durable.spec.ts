// A map with a path lives in its file: what comes back, and who may open it.
import test from 'ava'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual, inspect } from 'node:util'
import { SnapshotMap } from 'shardmap'
import { storable, told } from './fixtures/durable.js'
import { folder } from './fixtures/files.js'
import { distinct } from './fixtures/keys.js'
import { Process, runs } from './fixtures/processes.js'
import { fresh, start } from './fixtures/threads.js'

const durable = new URL('./fixtures/durable.js', import.meta.url).href

const open = (path: string, options = {}) => SnapshotMap.open<any, any>(fresh(), { path, ...options })

for (const history of [2, 16]) {
  test(`another process finds every key, value, version and transaction (history ${history})`, async t => {
    const path = `${folder(t)}/map`
    const [before] = await runs(durable, 'fills', { path, history })
    const map = open(path, { history })
    t.deepEqual(told(map), before)
    t.is(map.size, storable.length + 2 * distinct.length + 2)
    for (const [label, make] of storable) {
      const [got, expected] = [map.get(['value', label]), structuredClone(make())]
      t.true(isDeepStrictEqual(got, expected), `${label}: ${inspect(got).slice(0, 300)} is not ${inspect(expected).slice(0, 300)}`)
    }
    distinct.forEach((key, i) => {
      t.is(map.get(key), i)
      t.deepEqual(map.get(['key', i]), Array.isArray(key) ? null : key)
    })
    t.is(map.version, 9n)
    for (const n of [1, 5]) t.is(await map.tryCommit({ txId: `tx ${n}`, version: 1n, writes: [['n', 'twice']] }), BigInt(3 + n))
    t.is(map.version, 9n, 'a transaction is applied once, before a restart or after it')
    t.is(map.get('n'), 3)
    SnapshotMap.destroy(map.name)
  })
}

test('at, changes, rollback and deltas reach back across a restart', async t => {
  const path = `${folder(t)}/map`
  await runs(durable, 'fills', { path, history: 16 })
  const map = open(path)
  t.deepEqual([4n, 6n, 8n, 9n].map(version => map.at(version).get('n')), [1, 3, 5, 3])
  t.is(map.get('n5', { at: 8n }), 5)
  t.deepEqual([...map.changes(7n, 8n)].map(({ key, before, after }) => [key, before, after]).sort(), [['n', 4, 5], ['n4', 4, undefined], ['n5', undefined, 5]])
  t.deepEqual([...map.changes(8n)].map(({ version }) => version), [9n, 9n, 9n])
  const follower = SnapshotMap.open<any, any>(fresh(), { path: `${folder(t)}/follower` })
  await follower.applyDelta(map.exportDelta(0n))
  t.is(await map.rollback(8n), 10n)
  t.is(map.get('n'), 5)
  t.is(await follower.applyDelta(map.exportDelta(9n)), 10n, 'the lineage is that of before')
  t.deepEqual(new Map(follower.snapshot()), new Map(map.snapshot()))
  SnapshotMap.destroy(map.name)
  SnapshotMap.destroy(follower.name)
  const [rolled] = await runs(durable, 'fills', { path, history: 16 })
  t.is((rolled as any[]).at(-1).version, 14, 'the next process goes on from there, and its transactions were applied before')
})

for (const durability of ['immediate', 'eventual', 'none'] as const) {
  test(`destroy writes everything out and deletes nothing, and the file can be opened again (${durability})`, async t => {
    const path = `${folder(t)}/map`
    for (let round = 1; round <= 3; round++) {
      const map = open(path, { durability })
      t.is(map.version, BigInt(2 * (round - 1)))
      await map.commit([['n', round], [`n${round}`, { round }]])
      map.commitSync([['s', round]])
      const held = map.snapshot()
      t.true(SnapshotMap.destroy(map.name))
      t.is(held.get('n'), round, 'snapshots stay')
      t.throws(() => map.get('n'), { code: 'ERR_SHARDMAP_CLOSED' })
      await t.throwsAsync(map.commit([['n', 0]]), { code: 'ERR_SHARDMAP_CLOSED' })
      // Windows has no mode: it shows what can be written.
      t.is(statSync(path).mode & 0o777, process.platform === 'win32' ? 0o666 : 0o600)
    }
    const map = open(path)
    t.deepEqual([map.size, map.get('n'), map.get('n1')], [5, 3, { round: 1 }])
    SnapshotMap.destroy(map.name)
  })
}

test('a name destroyed in one thread can be opened in another at once, with the same file', async t => {
  const path = `${folder(t)}/map`
  const name = fresh()
  SnapshotMap.open<string, number>(name, { path, durability: 'none' }).commitSync([['a', 0]])
  for (let round = 0; round < 10; round++) {
    SnapshotMap.open<string, number>(name)
    const thread = start(durable, 'opensFirst', { name, path })
    SnapshotMap.destroy(name)
    await thread.done.catch(error => t.is(error.code, 'ERR_SHARDMAP_CLOSED', 'opened before, destroyed meanwhile'))
    await thread.end()
    t.is(SnapshotMap.open<string, number>(name, { path }).has('a'), true)
  }
  SnapshotMap.destroy(name)
})

test('closing every handle keeps the map and its file', async t => {
  const path = `${folder(t)}/map`
  const map = open(path)
  await map.commit([['a', 1]])
  map.close()
  t.throws(() => open(path), { code: 'ERR_SHARDMAP_LOCKED' })
  t.is(SnapshotMap.open<any, any>(map.name).get('a'), 1)
  SnapshotMap.destroy(map.name)
})

for (const forEver of [false, true]) {
  test(`the map goes on when the thread that opened it ${forEver ? 'is terminated in a commit' : 'ends'}`, async t => {
    const [name, path] = [fresh(), `${folder(t)}/map`]
    const thread = start(durable, 'opensFirst', { name, path, forEver })
    await thread.next()
    if (forEver) await thread.end()
    else await thread.exited
    const map = SnapshotMap.open<string, number>(name, { path })
    t.is(map.get('a'), 1)
    t.is(map.get('b'), map.get('c'))
    const { version } = map
    t.true(await map.commit([['d', 1]]) > version)
    const last = told(map)
    SnapshotMap.destroy(name)
    const again = open(path)
    t.deepEqual(told(again), last)
    SnapshotMap.destroy(again.name)
  })
}

test('a file belongs to one map of one process', async t => {
  const path = join(folder(t), 'map')
  const child = new Process(durable, 'holds', { path })
  await child.tells()
  const { message } = t.throws(() => open(path), { code: 'ERR_SHARDMAP_LOCKED' })!
  t.true(message.includes(path), message)
  child.release()
  t.is((await child.ended).code, 0)
  const map = open(path)
  t.is(map.get('a'), 1)
  t.like(await runs(durable, 'opens', { path }), [{ code: 'ERR_SHARDMAP_LOCKED' }])
  t.throws(() => open(path), { code: 'ERR_SHARDMAP_LOCKED' }, 'nor under a second name')
  await map.commit([['a', 2]])
  SnapshotMap.destroy(map.name)
  t.deepEqual(await runs(durable, 'opens', { path }), [{ size: 1 }])
})
