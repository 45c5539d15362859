// Kept versions: what each changed, the way back, and everything at once.
import test from 'ava'
import { SnapshotMap, type Change } from 'shardmap'
import { refuses } from './fixtures/codes.js'
import { start } from './fixtures/threads.js'
import { contentOf, modes, open, rejects, rejectsAndKeeps, rowsOf, type AnyMap } from './fixtures/versions.js'

const ledger = new URL('./fixtures/ledger.js', import.meta.url).href
const numbers = (map: AnyMap) => map.versions().map(({ version }) => Number(version))
const sorted = (changes: Iterable<Change<any, any>>) =>
  [...changes].map(({ version, key, before, after }) => [Number(version), key, before, after]).sort((a, b) => (a[0] as number) - (b[0] as number) || (String(a[1]) < String(b[1]) ? -1 : 1))

for (const mode of modes) {
  test(`the last versions are kept as asked, with when and how much they changed (${mode})`, async t => {
    for (const history of [0, 1, 3, 16]) {
      const map = open({ mode, history })
      const start = Date.now()
      for (let i = 1; i <= 20; i++) await map.commit(Array.from({ length: i }, (_, n) => [n, i]))
      t.deepEqual(numbers(map), Array.from({ length: history + 1 }, (_, i) => 20 - history + i))
      t.is(map.stats().versionsKept, history + 1)
      for (const { version, at, changes } of map.versions()) {
        t.is(changes, Number(version))
        t.true(at instanceof Date && at.getTime() >= start && at.getTime() <= Date.now())
      }
    }
  })

  test(`at and get with at give the newest version that is not after, while it is kept (${mode})`, async t => {
    const map = open({ mode, history: 3 })
    for (let i = 1; i <= 10; i++) await map.commit([['n', i]])
    for (const [asked, given] of [[7n, 7n], [8n, 8n], [10n, 10n], [11n, 10n], [2n ** 70n, 10n]]) {
      using snapshot = map.at(asked)
      t.is(snapshot.version, given)
      t.is(snapshot.get('n'), Number(given))
      t.is(map.get('n', { at: asked }), Number(given))
    }
    for (const asked of [0n, 1n, 6n]) {
      refuses(t, 'ERR_SHARDMAP_VERSION', () => map.at(asked), `${asked}`)
      refuses(t, 'ERR_SHARDMAP_VERSION', () => map.get('n', { at: asked }), `${asked}`)
    }
    t.is(map.get('n', {}), 10)
    t.is(map.get('n', { at: undefined }), 10)
    t.is(map.stats().liveSnapshots, 0, 'a refused read holds nothing')
  })

  test(`a version that a snapshot holds is kept: at, get, tryCommit, rollback and exportDelta find it by its number, until it is closed (${mode})`, async t => {
    const map = open({ mode, history: 1 })
    const other: AnyMap = SnapshotMap.open(map.name)
    await map.commit([['a', 1], ['b', 1]])
    const held = map.snapshot()
    for (let i = 2; i <= 6; i++) await map.commit([['a', i]])
    using again = other.at(1n)
    t.deepEqual(rowsOf(again), [['a', 1], ['b', 1]])
    t.is(other.get('a', { at: 1n }), 1)
    t.true(other.exportDelta(1n).length > 0)
    await rejects(t, 'ERR_SHARDMAP_CONFLICT', () => other.tryCommit({ version: 1n, reads: ['a'], writes: [['c', 1]] }))
    t.is(await other.tryCommit({ version: 1n, reads: ['b'], writes: [['c', 1]] }), 7n)
    t.is(await other.rollback(1n), 8n)
    t.deepEqual(contentOf(map).rows, [['a', 1], ['b', 1]])
    for (const call of [() => other.at(2n), () => other.exportDelta(5n), () => other.changes(1n)]) refuses(t, 'ERR_SHARDMAP_VERSION', call, 'only what is held')
    held.close()
    t.is(other.get('a', { at: 1n }), 1, 'there is another one')
    again.close()
    for (const call of [() => other.at(1n), () => other.get('a', { at: 1n }), () => other.exportDelta(1n)]) refuses(t, 'ERR_SHARDMAP_VERSION', call)
    for (const call of [() => other.tryCommit({ version: 1n, writes: [['a', 3]] }), () => other.rollback(1n)]) await rejects(t, 'ERR_SHARDMAP_VERSION', call)
  })

  test(`changes are those of the versions after one and up to another, with both values (${mode})`, async t => {
    const map = open({ mode })
    await map.commit([['a', 1], ['b', { x: 1 }]])
    await map.commit([['a', 2], ['b', undefined], [['t', 1], new Date(5)], ['absent', undefined]])
    await map.commit([['a', 2]])
    await map.replaceAll([['a', 3], ['c', new Uint8Array([1])]])
    const all = [
      [1, 'a', undefined, 1], [1, 'b', undefined, { x: 1 }], [2, 'a', 1, 2], [2, 'b', { x: 1 }, undefined], [2, ['t', 1], undefined, new Date(5)],
      [4, 'a', 2, 3], [4, 'c', undefined, new Uint8Array([1])], [4, ['t', 1], new Date(5), undefined],
    ]
    const within = (from: number, to: number) => sorted(map.changes(BigInt(from), BigInt(to))).filter(([version]) => version !== 3)
    for (let from = 0; from <= 5; from++) {
      for (let to = 0; to <= 5; to++) t.deepEqual(within(from, to), all.filter(([version]) => (version as number) > from && (version as number) <= to), `(${from}, ${to}]`)
    }
    t.deepEqual(sorted(map.changes(0n)).filter(([version]) => version !== 3), all)
    t.deepEqual([...map.changes(4n)], [])
    const [, frozen] = [...map.changes(0n, 1n)]
    t.true([...map.changes(0n, 1n)].every(({ after }) => typeof after !== 'object' || Object.isFrozen(after)), String(frozen))
  })

  test(`changes of versions that are no longer kept are ERR_SHARDMAP_VERSION (${mode})`, async t => {
    const map = open({ mode, history: 2 })
    for (let i = 1; i <= 5; i++) await map.commit([['n', i]])
    refuses(t, 'ERR_SHARDMAP_VERSION', () => map.changes(2n))
    refuses(t, 'ERR_SHARDMAP_VERSION', () => map.changes(0n, 5n))
    t.deepEqual(sorted(map.changes(3n)), [[4, 'n', 3, 4], [5, 'n', 4, 5]])
    const late = map.changes(3n)
    t.is(late.next().value.after, 4)
    for (let i = 0; i < 5; i++) await map.commit([['n', i]])
    refuses(t, 'ERR_SHARDMAP_VERSION', () => late.next())
  })

  test(`rollback is a new version with the old content, and can be rolled back (${mode})`, async t => {
    const map = open({ mode })
    await map.commit([['a', 1], ['b', { n: 1 }]])
    await map.commit([['a', 2], ['b', undefined], ['c', 3]])
    t.is(await map.rollback(1n), 3n)
    t.deepEqual(contentOf(map), { version: 3n, rows: [['a', 1], ['b', { n: 1 }]] })
    t.deepEqual([map.get('a'), map.get('b'), map.get('c'), map.size], [1, { n: 1 }, undefined, 2])
    t.deepEqual(sorted(map.changes(2n)), [[3, 'a', 2, 1], [3, 'b', undefined, { n: 1 }], [3, 'c', 3, undefined]])
    t.is(await map.rollback(2n), 4n)
    t.deepEqual(contentOf(map).rows, [['a', 2], ['c', 3]])
    t.is(await map.rollback(0n), 5n)
    t.deepEqual(contentOf(map).rows, [])
    t.is(await map.rollback(5n), 6n)
    t.is(map.stats().bytes, open({ mode }).stats().bytes, 'an empty map costs what an empty map costs')
  })

  test(`a rollback conflicts with what was read before it, as a write does (${mode})`, async t => {
    const map = open({ mode })
    await map.commit([['a', 1], ['b', 1]])
    await map.commit([['a', 2]])
    await map.rollback(1n)
    const error = await rejects(t, 'ERR_SHARDMAP_CONFLICT', () => map.tryCommit({ version: 2n, reads: ['a', 'b'], writes: [['c', 1]] }))
    t.deepEqual(error.keys, ['a'])
  })

  test(`replaceAll leaves exactly the entries given, the last of a key counting (${mode})`, async t => {
    const map = open({ mode })
    await map.commit([['old', 1], ['both', 1]])
    using before = map.snapshot()
    t.is(await map.replaceAll(new Map<any, any>([['both', 2], ['new', { n: 1 }]])), 2n)
    t.deepEqual(contentOf(map).rows, [['both', 2], ['new', { n: 1 }]])
    t.is(await map.replaceAll([['k', 1], ['k', 2]]), 3n)
    t.deepEqual([contentOf(map).rows, map.size], [[['k', 2]], 1])
    t.is(await map.replaceAll([]), 4n)
    t.deepEqual(contentOf(map).rows, [])
    t.deepEqual(rowsOf(before), [['both', 1], ['old', 1]])
  })

  test(`replaceAll among concurrent commits leaves each version whole (${mode})`, async t => {
    const map = open({ mode, history: 1000 })
    const tables = Array.from({ length: 12 }, (_, table) => map.replaceAll(Array.from({ length: 2000 }, (_, i) => [['row', i], table])))
    const commits = Array.from({ length: 200 }, (_, i) => map.commit([['extra', i]]))
    const [replaced, committed] = [await Promise.all(tables), await Promise.all(commits)]
    t.is(new Set([...replaced, ...committed]).size, 212)
    for (const { version } of map.versions()) {
      using snapshot = map.at(version)
      const rows = [...snapshot].filter(([key]) => key !== 'extra').map(([, table]) => table)
      t.true(rows.length === 0 || (rows.length === 2000 && new Set(rows).size === 1), `${version}`)
      if (replaced.includes(version)) t.deepEqual([snapshot.size, rows[0]], [2000, replaced.indexOf(version)])
    }
  })
}

test('a rollback to a version that is not kept rejects and changes nothing', async t => {
  const map = open({ history: 1 })
  for (let i = 1; i <= 5; i++) await map.commit([['n', i]])
  await rejectsAndKeeps(t, map, 'ERR_SHARDMAP_VERSION', () => map.rollback(3n))
  await rejectsAndKeeps(t, map, 'ERR_SHARDMAP_VERSION', () => map.rollback(0n))
  t.is(await map.rollback(4n), 6n)
})

test('reading history while another thread commits gives whole versions or ERR_SHARDMAP_VERSION', async t => {
  const map = open({ history: 20 })
  const keys = ['a', ['b', 1], 3]
  const writer = start(ledger, 'writesTogether', { name: map.name, keys })
  await writer.next()
  for (let round = 0; round < 300; round++) {
    const kept = map.versions()
    t.true(kept.every(({ version }, i) => i === 0 || version === kept[i - 1].version + 1n), 'versions rise by one')
    for (const { version } of [kept[0], kept[kept.length >> 1], kept.at(-1)!]) {
      try {
        using snapshot = map.at(version)
        t.is(snapshot.version, version)
        const rounds = keys.map(key => snapshot.get(key).round)
        if (new Set(rounds).size !== 1) t.fail(`${rounds}`)
        for (const change of map.changes(version - 1n, version)) if (change.after?.round !== rounds[0]) t.fail()
      } catch (error: any) {
        t.is(error.code, 'ERR_SHARDMAP_VERSION')
      }
    }
  }
  await writer.end()
  await writer.over()
  t.is(await map.commit([['still', 1]]), map.version)
})

test('stats count what was done', async t => {
  const map = open({ history: 2 })
  t.deepEqual(map.stats(), { version: 0n, entries: 0, versionsKept: 1, liveSnapshots: 0, oldestSnapshotMs: 0, commits: 0, conflicts: 0, logWrites: 0, bytes: map.stats().bytes })
  const empty = map.stats().bytes
  for (let i = 0; i < 5; i++) await map.commit([[i, 'x'.repeat(1000)]])
  const snapshot = map.snapshot()
  const { bytes, oldestSnapshotMs, ...rest } = map.stats()
  t.deepEqual(rest, { version: 5n, entries: 5, versionsKept: 3, liveSnapshots: 1, commits: 5, conflicts: 0, logWrites: 0 })
  t.true(bytes > empty + 5000 && bytes < empty + 10_000, `${bytes}`)
  t.true(Number.isInteger(oldestSnapshotMs) && oldestSnapshotMs >= 0)
  snapshot.close()
  await map.replaceAll([])
  t.is(map.stats().bytes, empty)
  t.deepEqual(SnapshotMap.open(map.name).stats(), map.stats())
})
