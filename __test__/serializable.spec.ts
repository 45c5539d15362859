// Recorded transactions of a SnapshotMap are strictly serializable, in the order of their versions.
// One recording at a time: the threads of one are to meet each other.
import test from 'ava'
import { anomalies, type Commit, type Reading, type Row } from './fixtures/serializability.js'
import { transacted, transactions } from './fixtures/transacting.js'

const at = (start: number, end: number) => ({ start: BigInt(start), end: BigInt(end) })
const commit = (start: number, end: number, version: number, reads: Row[], writes: Row[], more: Partial<Commit> = {}): Commit =>
  ({ kind: 'commit', version, reads, writes, ...at(start, end), ...more })
const read = (start: number, end: number, version: number | undefined, reads: Row[], latest = true): Reading =>
  ({ kind: 'read', latest, reads, ...at(start, end), ...(version !== undefined && { version }) })

const first = commit(0, 1, 1, [], [['a', 1], ['b', 2]])

test('the checker accepts transactions that can be put in order', t => {
  t.deepEqual(anomalies([]), [])
  t.deepEqual(anomalies([first, commit(2, 3, 2, [['a', 1]], [['a', 3]]), read(4, 5, 2, [['a', 3], ['b', 2]]), read(6, 7, undefined, [['b', 2]])]), [])
  t.deepEqual(anomalies([first, commit(2, 9, 2, [], [['a', 3]]), read(3, 4, undefined, [['a', 1]]), read(5, 6, undefined, [['a', 3]])]), [], 'visible before it is told of')
  t.deepEqual(anomalies([first, commit(2, 3, 2, [], [['a', 3]]), read(4, 5, 1, [['a', 1]], false)]), [], 'a version of the past')
  t.deepEqual(anomalies([first, commit(2, 3, 2, [], [['c', 5]], { replaces: true }), commit(4, 5, 3, [['a', undefined]], [], { restores: 1 }), read(6, 7, 3, [['a', 1], ['c', undefined]])]), [])
  t.deepEqual(anomalies([commit(0, 9, 2, [['a', 1]], [['a', 2]]), commit(0, 9, 1, [], [['a', 1]])]), [], 'together, in either order')
})

const wrong: Record<string, Parameters<typeof anomalies>[0]> = {
  'a lost update': [first, commit(2, 9, 2, [['a', 1]], [['a', 3]]), commit(2, 9, 3, [['a', 1]], [['a', 4]])],
  'write skew': [first, commit(2, 9, 2, [['a', 1], ['b', 2]], [['a', 3]]), commit(2, 9, 3, [['a', 1], ['b', 2]], [['b', 4]])],
  'a torn read of a version': [first, commit(2, 9, 2, [], [['a', 3], ['b', 4]]), read(3, 4, 2, [['a', 3], ['b', 2]])],
  'half of a commit, then the other half as it was': [first, commit(2, 9, 2, [], [['a', 3], ['b', 4]]), read(3, 4, undefined, [['a', 3]]), read(5, 6, undefined, [['b', 2]])],
  'a read of what was never committed': [first, read(2, 3, undefined, [['a', 7]])],
  'a stale read of the latest version': [first, commit(2, 3, 2, [], [['a', 3]]), read(4, 5, 1, [['a', 1]])],
  'a stale read that names no version': [first, commit(2, 3, 2, [], [['a', 3]]), read(4, 5, undefined, [['a', 1]])],
  'a version before its commit began': [first, read(2, 3, 2, [['a', 3]]), commit(4, 5, 2, [], [['a', 3]])],
  'an order against real time': [commit(0, 1, 2, [], [['a', 2]]), commit(2, 3, 1, [], [['a', 1]])],
  'two commits of one version': [first, commit(2, 9, 2, [], [['a', 3]]), commit(2, 9, 2, [], [['b', 4]])],
  'a version that nobody committed': [first, commit(2, 3, 3, [], [['a', 3]])],
  'a key that a replacement left': [first, commit(2, 3, 2, [], [['c', 5]], { replaces: true }), read(4, 5, 2, [['a', 1]])],
}

for (const [what, transactions] of Object.entries(wrong)) {
  test(`the checker rejects ${what}`, t => t.true(anomalies(transactions).length > 0))
}

for (const setting of transactions) {
  test.serial(`transactions of three threads are strictly serializable (${setting.label})`, async t => {
    const history = await transacted(setting, 6, 40)
    const commits = history.filter(({ kind }) => kind === 'commit').length
    t.true(commits > 100 && history.length > 3 * commits, `${commits} of ${history.length}`)
    t.deepEqual(anomalies(history), [])
  })
}

test.serial('transactions are recorded by tickets too', async t => {
  t.deepEqual(anomalies(await transacted(transactions[0], 3, 40, true)), [])
})
