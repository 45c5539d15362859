// A delta carries what changed to another map, whole or not at all.
import test from 'ava'
import { createRequire } from 'node:module'
import { refuses } from './fixtures/codes.js'
import { samples } from './fixtures/samples.js'
import { printed } from './fixtures/scripts.js'
import { contentOf, modes, open, rejects, rejectsAndKeeps } from './fixtures/versions.js'

const path = createRequire(import.meta.url).resolve('shardmap')

for (const from of modes) {
  for (const to of modes) {
    test(`a map that takes every delta has what the other has (${from} to ${to})`, async t => {
      const [one, two] = [open({ mode: from }), open({ mode: to })]
      await one.commit([['a', 1], ['gone', 1], [['t', 1n], { deep: [1] }]])
      t.is(await two.applyDelta(one.exportDelta(0n)), 1n)
      t.deepEqual(contentOf(two), contentOf(one))
      for (let i = 0; i < 5; i++) await one.commit([['n', i], [['t', i], new Date(i)], ['gone', undefined]])
      t.is(await two.applyDelta(one.exportDelta(1n)), 6n)
      t.deepEqual(contentOf(two), contentOf(one))
      t.deepEqual([two.version, two.size, two.stats().entries], [6n, one.size, one.size])
      await one.replaceAll([['only', 1]])
      t.is(await two.applyDelta(one.exportDelta(6n)), 7n)
      await one.rollback(6n)
      t.is(await two.applyDelta(one.exportDelta(7n)), 8n)
      t.deepEqual(contentOf(two), contentOf(one))
      t.is(await two.applyDelta(one.exportDelta(8n)), 8n, 'nothing is fine too')
      t.is(await two.commit([['own', 1]]), 9n)
    })
  }
}

test('values of every type are carried', async t => {
  const [one, two] = [open(), open()]
  const cloneable = Object.entries(samples).filter(([label]) => !/symbol/i.test(label) && label !== 'undefined')
  await one.commit(cloneable.map(([label, make]) => [label, make()]))
  await two.applyDelta(one.exportDelta(0n))
  for (const [label, make] of cloneable) t.deepEqual(two.get(label), structuredClone(make()), label)
})

test('a delta skips versions: readers of the other map see one step, and the near cache follows', async t => {
  const [one, two] = [open(), open()]
  await one.commit([['a', { n: 0 }]])
  await two.applyDelta(one.exportDelta(0n))
  t.deepEqual(two.get('a'), { n: 0 })
  for (let i = 1; i <= 9; i++) await one.commit([['a', { n: i }]])
  using before = two.snapshot()
  await two.applyDelta(one.exportDelta(1n))
  t.deepEqual([two.get('a'), before.get('a'), two.version], [{ n: 9 }, { n: 0 }, 10n])
  t.deepEqual(two.versions().map(({ version }) => version), [0n, 1n, 10n])
  t.is(two.at(9n).version, 1n, 'the newest not after it')
  refuses(t, 'ERR_SHARDMAP_VERSION', () => two.exportDelta(9n), 'that very version was never here')
})

test('a map takes only what begins at its version and is of its lineage', async t => {
  const [one, two, other] = [open(), open(), open()]
  for (let i = 1; i <= 3; i++) await one.commit([['n', i]])
  await two.applyDelta(one.exportDelta(0n))
  await other.commit([['n', 'other']])
  const whole = one.exportDelta(0n)
  await rejectsAndKeeps(t, two, 'ERR_SHARDMAP_VERSION', () => two.applyDelta(whole), 'it is past 0n')
  await rejectsAndKeeps(t, two, 'ERR_SHARDMAP_VERSION', () => two.applyDelta(one.exportDelta(2n)), 'it is past 2n')
  await rejectsAndKeeps(t, other, 'ERR_SHARDMAP_VERSION', () => other.applyDelta(one.exportDelta(1n)), 'another lineage')
  await one.commit([['n', 4]])
  await one.commit([['n', 5]])
  await rejectsAndKeeps(t, two, 'ERR_SHARDMAP_VERSION', () => two.applyDelta(one.exportDelta(4n)), 'it has not come to 4n')
  t.is(await two.applyDelta(one.exportDelta(3n)), 5n)
  const back = await two.commit([['n', 'from two']]).then(() => two.exportDelta(5n))
  t.is(await one.applyDelta(back), 6n, 'a map of the lineage may give, too')
  t.is(one.get('n'), 'from two')
})

test('two that apply the same delta at once: one is in time', async t => {
  const [one, two] = [open(), open()]
  await one.commit([['a', 1]])
  const delta = one.exportDelta(0n)
  const results = await Promise.allSettled([two.applyDelta(delta), two.applyDelta(delta), two.applyDelta(delta)])
  t.deepEqual(results.map(({ status }) => status), ['fulfilled', 'rejected', 'rejected'])
  t.deepEqual(contentOf(two), contentOf(one))
})

test('exporting from a version that is not kept is ERR_SHARDMAP_VERSION', async t => {
  const map = open({ history: 2 })
  for (let i = 1; i <= 6; i++) await map.commit([['n', i]])
  for (const from of [1n, 3n, 7n, 2n ** 60n]) refuses(t, 'ERR_SHARDMAP_VERSION', () => map.exportDelta(from), `${from}`)
  for (const from of [0n, 4n, 5n, 6n]) t.true(map.exportDelta(from) instanceof Uint8Array)
})

test('a delta costs what changed, not what the map has', async t => {
  const map = open()
  await map.commit(Array.from({ length: 10_000 }, (_, i) => [['row', i], 'x'.repeat(50)]))
  await map.commit([['row', 1], ['n', 1]].map(([key, value]) => [key, value] as const))
  t.true(map.exportDelta(1n).length < 200)
  t.true(map.exportDelta(0n).length < 10_000 * 100)
})

test('a damaged delta is ERR_SHARDMAP_CORRUPT and changes nothing: every bit, every prefix, what was never one', async t => {
  const [one, two] = [open(), open()]
  await one.commit([['a', 1], [['t', 1], { x: 'text' }], ['gone', undefined]])
  const delta = one.exportDelta(0n)
  for (let bit = 0; bit < delta.length * 8; bit++) {
    const damaged = new Uint8Array(delta)
    damaged[bit >> 3] ^= 1 << (bit & 7)
    await t.throwsAsync(() => two.applyDelta(damaged), { code: 'ERR_SHARDMAP_CORRUPT' }, `bit ${bit}`)
  }
  for (let length = 0; length < delta.length; length++) await t.throwsAsync(() => two.applyDelta(delta.slice(0, length)), { code: 'ERR_SHARDMAP_CORRUPT' })
  for (const bytes of [new Uint8Array([...delta, 0]), new Uint8Array(delta.length), new Uint8Array(100_000).fill(255), new Uint8Array()]) {
    await rejects(t, 'ERR_SHARDMAP_CORRUPT', () => two.applyDelta(bytes), `${bytes.length} bytes`)
  }
  t.deepEqual(contentOf(two), { version: 0n, rows: [] })
  t.is(await two.applyDelta(Buffer.concat([Buffer.from('before'), delta]).subarray(6)), 1n, 'a Buffer within a Buffer is fine')
})

test('a delta made in one process is applied in another, which answers with its own', async t => {
  const map = open()
  await map.commit([['a', { n: 1 }], [['t', 1], 'tuple']])
  const code = `
    const { SnapshotMap } = require(${JSON.stringify(path)})
    const map = SnapshotMap.open('there')
    map.applyDelta(Buffer.from(process.argv[2], 'base64'))
      .then(() => map.commit(tx => tx.set('a', { n: tx.get('a').n + 1, from: map.get(['t', 1]) })))
      .then(() => console.log(Buffer.from(map.exportDelta(1n)).toString('base64')))`
  const { stdout } = await printed(code, { as: 'cjs', args: [Buffer.from(map.exportDelta(0n)).toString('base64')] })
  t.is(await map.applyDelta(Buffer.from(stdout, 'base64')), 2n)
  t.deepEqual(map.get('a'), { n: 2, from: 'tuple' })
})
