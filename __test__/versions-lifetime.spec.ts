// Names, options, close and destroy of a SnapshotMap.
import test from 'ava'
import { SharedMap, SnapshotMap } from 'shardmap'
import { refuses } from './fixtures/codes.js'
import { fresh, start } from './fixtures/threads.js'
import { open, rejects, type AnyMap } from './fixtures/versions.js'

const ledger = new URL('./fixtures/ledger.js', import.meta.url).href

const reads = (map: AnyMap): Record<string, () => unknown> => ({
  version: () => map.version, size: () => map.size, get: () => map.get('a'), getAbsent: () => map.get('absent'), getAt: () => map.get('a', { at: 1n }), has: () => map.has('a'),
  hasAbsent: () => map.has('absent'), snapshot: () => map.snapshot(), at: () => map.at(1n), versions: () => map.versions(), changes: () => [...map.changes(0n)],
  commitSync: () => map.commitSync([['a', 2]]), commitSyncFn: () => map.commitSync(tx => tx.set('a', 2)), exportDelta: () => map.exportDelta(0n), stats: () => map.stats(),
})
const promises = (map: AnyMap, delta: Uint8Array): Record<string, () => Promise<unknown>> => ({
  commit: () => map.commit([['a', 2]]), commitFn: () => map.commit(tx => tx.set('a', 2)), commitNothing: () => map.commit([]),
  tryCommit: () => map.tryCommit({ version: 1n, writes: [['a', 2]] }), replaceAll: () => map.replaceAll([]), rollback: () => map.rollback(1n),
  lock: () => map.lock(['a']), applyDelta: () => map.applyDelta(delta),
})

for (const near of [0, 8192]) {
  test(`after close() every method is ERR_SHARDMAP_CLOSED, and other handles go on (near ${near})`, async t => {
    const map = open({ near })
    const other = SnapshotMap.open<any, any>(map.name)
    await map.commit([['a', { x: 1 }]])
    const delta = map.exportDelta(0n)
    t.deepEqual(map.get('a'), { x: 1 })
    map.close()
    map[Symbol.dispose]()
    for (const [method, read] of Object.entries(reads(map))) refuses(t, 'ERR_SHARDMAP_CLOSED', read, method)
    for (const [method, call] of Object.entries(promises(map, delta))) await rejects(t, 'ERR_SHARDMAP_CLOSED', call, method)
    t.is(map.name, other.name)
    t.deepEqual(other.get('a'), { x: 1 })
    t.is(await other.commit([['b', 1]]), 2n)
  })

  test(`after destroy() every method of every handle is ERR_SHARDMAP_CLOSED (near ${near})`, async t => {
    const name = fresh()
    const handles = [SnapshotMap.open<any, any>(name, { near }), SnapshotMap.open<any, any>(name, { near })]
    await handles[0].commit([['a', 1]])
    for (const map of handles) t.is(map.get('a'), 1)
    const delta = handles[0].exportDelta(0n)
    const changes = handles[0].changes(0n)
    t.true(SnapshotMap.destroy(name))
    t.false(SnapshotMap.destroy(name))
    refuses(t, 'ERR_SHARDMAP_CLOSED', () => [...changes])
    for (const map of handles) {
      for (const [method, read] of Object.entries(reads(map))) refuses(t, 'ERR_SHARDMAP_CLOSED', read, method)
      for (const [method, call] of Object.entries(promises(map, delta))) await rejects(t, 'ERR_SHARDMAP_CLOSED', call, method)
    }
    const again = SnapshotMap.open<any, any>(name, { near, mode: 'copy' })
    t.deepEqual([again.version, again.get('a')], [0n, undefined])
    await again.commit([['a', 'new']])
    refuses(t, 'ERR_SHARDMAP_CLOSED', () => handles[0].get('a'), 'a handle of the destroyed map never sees the new one')
  })
}

test('names() lists the snapshot maps alone, whatever handles there are, until they are destroyed', t => {
  const [name, shared] = [fresh(), fresh()]
  t.false(SnapshotMap.destroy(name))
  SharedMap.open(shared)
  SnapshotMap.open(name).close()
  t.true(SnapshotMap.names().includes(name))
  t.false(SnapshotMap.names().includes(shared) || SharedMap.names().includes(name))
  t.true(SnapshotMap.destroy(name))
  t.false(SnapshotMap.names().includes(name))
})

test('a name is of one kind', t => {
  const [name, shared] = [fresh(), fresh()]
  SnapshotMap.open(name)
  SharedMap.open(shared)
  t.regex(refuses(t, 'ERR_SHARDMAP_MISMATCH', () => SharedMap.open(name)).message, /SnapshotMap.*SharedMap/)
  t.regex(refuses(t, 'ERR_SHARDMAP_MISMATCH', () => SnapshotMap.open(shared)).message, /SharedMap.*SnapshotMap/)
  t.false(SharedMap.destroy(name))
  t.false(SnapshotMap.destroy(shared))
  t.notThrows(() => SnapshotMap.open(name))
})

test('opening under other options is ERR_SHARDMAP_MISMATCH, naming both', t => {
  const name = fresh()
  SnapshotMap.open(name, { history: 3, mode: 'copy', durability: 'none' })
  for (const [option, was, given] of [['history', 3, 4], ['mode', 'copy', 'delta'], ['durability', 'none', 'eventual'], ['path', 'none', `${name}.db`]] as const) {
    const { message } = refuses(t, 'ERR_SHARDMAP_MISMATCH', () => SnapshotMap.open(name, { [option]: given }), option)
    t.true(message.includes(option) && message.includes(String(was)) && message.includes(String(given)), message)
  }
  for (const options of [{}, undefined, { history: 3 }, { mode: 'copy' }, { near: 5 }, { near: undefined, history: undefined }] as any[]) t.notThrows(() => SnapshotMap.open(name, options))
  const plain = open()
  refuses(t, 'ERR_SHARDMAP_MISMATCH', () => SnapshotMap.open(plain.name, { history: 17 }), 'the default is compared too')
  t.notThrows(() => SnapshotMap.open(plain.name, { history: 16, mode: 'delta', durability: 'immediate' }))
})

test('options out of their range are ERR_SHARDMAP_OPTION and open nothing', t => {
  const bad: Record<string, unknown[]> = {
    history: [-1, 1.5, NaN, '10', null, 1n, 2 ** 40], mode: ['', 'Delta', 'both', null, 5], near: [-1, 1.5, NaN, '10', null],
    path: ['', 5, null, 'nul\0', {}], durability: ['', 'sync', null, true], ttl: [5],
  }
  for (const [option, values] of Object.entries(bad)) {
    for (const value of values) {
      const name = fresh('bad-option')
      const error = refuses(t, 'ERR_SHARDMAP_OPTION', () => SnapshotMap.open(name, { [option]: value }), `${option} ${String(value)}`)
      t.true(error?.message.includes(option), error?.message)
      t.false(SnapshotMap.names().includes(name))
    }
  }
  for (const name of [undefined, null, 5, {}, Symbol('n'), '', 'n'.repeat(256), 'Ж'.repeat(128), 'lone \uD800'] as any[]) {
    refuses(t, 'ERR_SHARDMAP_OPTION', () => SnapshotMap.open(name), String(name))
    if (typeof name !== 'string') refuses(t, 'ERR_SHARDMAP_OPTION', () => SnapshotMap.destroy(name), String(name))
  }
  for (const options of [5, 'x', true] as any[]) refuses(t, 'ERR_SHARDMAP_OPTION', () => SnapshotMap.open(fresh(), options))
})

test('a number that is no version is ERR_SHARDMAP_OPTION', async t => {
  const map = open()
  await map.commit([['a', 1]])
  for (const version of [-1n, 1, '1', null, {}, NaN] as any[]) {
    const label = String(version)
    for (const read of [() => map.at(version), () => map.get('a', { at: version }), () => map.changes(version), () => map.changes(0n, version), () => map.exportDelta(version)]) {
      refuses(t, 'ERR_SHARDMAP_OPTION', read, label)
    }
    await rejects(t, 'ERR_SHARDMAP_OPTION', () => map.rollback(version), label)
    await rejects(t, 'ERR_SHARDMAP_OPTION', () => map.tryCommit({ version, writes: [] }), label)
  }
})

test('nobody can make a handle but open', t => {
  t.throws(() => new (SnapshotMap as any)('x'), { any: true })
  t.throws(() => (SnapshotMap as any)('x'), { any: true })
  t.throws(() => Reflect.construct(SnapshotMap, ['x'], Map), { any: true })
})

test('destroy reaches a thread that answers from its near cache', async t => {
  const map = open()
  await map.commit([['a', { x: 1 }]])
  const thread = start(ledger, 'readsUntilClosed', { name: map.name })
  t.is(await thread.next(), 'reading')
  SnapshotMap.destroy(map.name)
  t.is(await thread.done, 'ERR_SHARDMAP_CLOSED')
})
