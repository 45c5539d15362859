// Several threads, one SnapshotMap: every version is whole, for everybody, and nobody hangs.
import test from 'ava'
import { SnapshotMap } from 'shardmap'
import { start, together } from './fixtures/threads.js'
import { contentOf, modes, open, rejects } from './fixtures/versions.js'

const ledger = new URL('./fixtures/ledger.js', import.meta.url).href

for (const mode of modes) {
  test(`the accounts add up in every snapshot of every thread while threads transfer (${mode})`, async t => {
    const [accounts, total, times] = [20, 20_000, 400]
    const map = open({ mode, history: 2 })
    await map.commit(Array.from({ length: accounts }, (_, account) => [account, total / accounts]))
    const auditors = [0, 1].map(() => start(ledger, 'audits', { name: map.name, accounts, total, versions: Infinity }))
    await together(ledger, 'transfers', [0, 1, 2].map(seat => ({ name: map.name, seat, accounts, times, sync: seat === 2 })))
    await map.commit([['end', 1]])
    for (const auditor of auditors) t.true((await auditor.done) >= 1)
    t.is(map.version, BigInt(3 * times + 2))
    using snapshot = map.snapshot()
    t.is([...snapshot].reduce((sum, [account, balance]) => sum + (account === 'end' ? 0 : balance), 0), total)
  })

  for (const near of [0, 8192]) {
    test(`a thread that saw one key of a commit sees all of it (${mode}, near ${near})`, async t => {
      const map = open({ mode })
      const keys = ['a', 'b', ['t', 1], 5, 'c']
      await map.commit(keys.map(key => [key, { round: 0 }]))
      const writer = start(ledger, 'writesTogether', { name: map.name, keys })
      await writer.next()
      const readers = [0, 1].map(() => start(ledger, 'readsTogether', { name: map.name, keys, reads: 60_000, near }))
      let [last, reads] = [0, 0]
      for (; reads < 30_000; reads++) {
        const { round } = map.get(keys[reads % keys.length])
        if (round < last) t.fail(`round ${round} after ${last}`)
        last = round
      }
      for (const reader of readers) t.true((await reader.done) >= 3, 'the writer went on meanwhile')
      await writer.end()
    })
  }
}

test('threads ended in the middle of commits leave a map that is whole and goes on', async t => {
  const map = open({ history: 3 })
  for (let round = 0; round < 8; round++) {
    const threads = [0, 1].map(seat => start(ledger, 'commitsForEver', { name: map.name, seat }))
    await Promise.all(threads.map(thread => thread.next()))
    await Promise.all(threads.map(thread => thread.end().then(() => thread.over())))
    // What they had asked for is made before this, which was asked for later.
    await map.commit([['asked for', 'later']])
    const before = map.get('n')
    await map.commit(tx => tx.set('n', tx.get('n') + 1))
    t.is(map.commitSync(tx => tx.set('n', tx.get('n') + 1)), map.version)
    t.is(map.get('n'), before + 2)
    const { rows } = contentOf(map)
    t.is(rows.length, map.size)
    await map.replaceAll([['n', 0]])
  }
  t.is(map.stats().liveSnapshots, 0)
})

test('destroy while threads commit: everything that waits settles', async t => {
  for (let round = 0; round < 4; round++) {
    const map = open()
    const threads = [0, 1].map(seat => start(ledger, 'commitsForEver', { name: map.name, seat }))
    await Promise.all(threads.map(thread => thread.next()))
    const mine = Array.from({ length: 100 }, (_, i) => (i % 10 ? map.commit([[i, i]]) : map.replaceAll([[i, i]])))
    SnapshotMap.destroy(map.name)
    const settled = await Promise.allSettled(mine)
    for (const result of settled) if (result.status === 'rejected') t.is(result.reason.code, 'ERR_SHARDMAP_CLOSED')
    t.deepEqual(await Promise.all(threads.map(thread => thread.done)), ['ERR_SHARDMAP_CLOSED', 'ERR_SHARDMAP_CLOSED'])
    await rejects(t, 'ERR_SHARDMAP_CLOSED', () => map.commit([['a', 1]]))
  }
})
