// What is dropped is freed: versions beyond the history, snapshots that nobody closed, handles, requests and leases.
import test from 'ava'
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { GIVES_BACK } from './fixtures/garbage.js'

const path = createRequire(import.meta.url).resolve('shardmap')

/** What `run`, given SnapshotMap and what it needs to collect garbage and to weigh the process, returns in a process of its own. */
async function inProcess(run: (SnapshotMap: any, tools: Tools) => Promise<unknown>): Promise<any> {
  const code = `
    const { SnapshotMap } = require(${JSON.stringify(path)})
    const collected = async (done, times = 2000) => {
      for (let i = 0; i < times && !done(); i++) { gc(); await new Promise(setImmediate) }
      return done()
    }
    // Allocators give memory back when they see fit: what counts is that it does not grow.
    const megabytes = () => { gc(); return process.memoryUsage().rss / 2 ** 20 }
    ;(${String(run)})(SnapshotMap, { collected, megabytes }).then(result => console.log(JSON.stringify(result)))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '-e', code], { timeout: 120_000, env: { ...process.env, ...GIVES_BACK } })
  return JSON.parse(stdout)
}
interface Tools {
  /** Collects garbage until this is so, or so many times. */
  collected(done: () => boolean, times?: number): Promise<boolean>
  megabytes(): number
}

for (const mode of ['delta', 'copy']) {
  test.serial(`the memory of dropped versions comes back (${mode})`, async t => {
    const run = async (SnapshotMap: any, { megabytes }: Tools) => {
      const map = SnapshotMap.open('m', { history: 0, mode: 'MODE' })
      const commit = async (i: number) => {
        await map.commit([[i % 10, new Uint8Array(2 ** 20).fill(i)]])
        if (i % 50 === 0) await map.replaceAll(Array.from({ length: 10 }, (_, key) => [key, new Uint8Array(2 ** 20)]))
      }
      for (let i = 0; i < 100; i++) await commit(i)
      const [before, { bytes }] = [megabytes(), map.stats()]
      for (let i = 0; i < 1000; i++) await commit(i)
      return { grown: megabytes() - before, bytes, after: map.stats().bytes, kept: map.stats().versionsKept }
    }
    const { grown, bytes, after, kept } = await inProcess(Object.assign(run, { toString: () => Function.prototype.toString.call(run).replace('MODE', mode) }))
    t.true(grown < 200, `1,000 commits of a megabyte grew the process by ${grown} MB`)
    t.is(after, bytes)
    t.is(kept, 1)
  })
}

test.serial('snapshots that nobody closes are freed with their objects, and hold nothing then', async t => {
  const live = await inProcess(async (SnapshotMap, { collected, megabytes }) => {
    const map = SnapshotMap.open('m', { history: 0 })
    const counts: number[] = []
    const round = async () => {
      for (let i = 0; i < 10_000; i++) {
        if (i % 20 === 0) await map.commit([['a', new Uint8Array(2 ** 19).fill(i)]])
        map.snapshot().get('b')
      }
      counts.push(map.stats().liveSnapshots)
    }
    await round()
    await collected(() => map.stats().liveSnapshots === 0)
    counts.push(map.stats().liveSnapshots, map.stats().oldestSnapshotMs)
    const before = megabytes()
    for (let i = 0; i < 3; i++) {
      await round()
      await collected(() => map.stats().liveSnapshots === 0)
    }
    counts.splice(3)
    const pages = map.snapshot().entries()
    pages.next()
    await collected(() => false, 200)
    counts.push(map.stats().liveSnapshots)
    pages.return()
    return { counts, grown: megabytes() - before }
  })
  t.true(live.counts[0] > 0)
  t.deepEqual(live.counts.slice(1), [0, 0, 1], 'an iteration that goes on holds its snapshot')
  t.true(live.grown < 200, `${live.grown} MB`)
})

test.serial('transactions, refused commits, requests and leases leave nothing', async t => {
  const left = await inProcess(async (SnapshotMap, { megabytes }) => {
    const map = SnapshotMap.open('m', { history: 0 })
    await map.commit([['big', 'x'.repeat(2 ** 20)]])
    const round = async (i: number) => {
      await map.commit((tx: any) => { tx.get('big'); tx.set('n', i) })
      await map.commit(() => { throw new Error('mine') }).catch(() => {})
      await map.tryCommit({ txId: `t${i % 5}`, version: map.version, writes: [['n', 'x'.repeat(10_000)]] })
      await map.commit([['n', 'x'.repeat(100_000)], ['bad', () => 1]]).catch(() => {})
      const lease = await map.lock([`k${i % 100}`])
      const stop = new AbortController()
      const waiting = map.lock([`k${i % 100}`, 'x'.repeat(1000)], { signal: stop.signal }).catch(() => {})
      stop.abort()
      await waiting
      lease.release()
      if (i % 10 === 0) SnapshotMap.open('m').close()
      if (i % 100 === 0) { SnapshotMap.open('other').commitSync([['a', new Uint8Array(2 ** 20)]]); SnapshotMap.destroy('other') }
    }
    for (let i = 0; i < 1000; i++) await round(i)
    const before = megabytes()
    for (let i = 0; i < 5000; i++) await round(i)
    return { grown: megabytes() - before, live: map.stats().liveSnapshots }
  })
  t.true(left.grown < 100, `${left.grown} MB`)
  t.is(left.live, 0)
})
