// A time limit of node:vm ends JavaScript between any two steps, runs neither catch nor finally, and the thread goes on.
import test from 'ava'
import { createContext, runInContext } from 'node:vm'
import { SharedCache, SharedMap, SnapshotMap } from 'shardmap'
import { fresh } from './fixtures/threads.js'

/** Has `code` cut off again and again, wherever it is, and calls `look` after each time. */
async function cuts(names: object, code: string, look: () => unknown): Promise<void> {
  const context = createContext({ ...names, rows: Array.from({ length: 5000 }, (_, i) => [`cut off ${i}`, i]) })
  for (let round = 0; round < 50; round++) {
    try {
      runInContext(`for (;;) { ${code} }`, context, { timeout: 3 + (round % 17) })
    } catch (error: any) {
      if (error.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    }
    await look()
  }
}

test('a setMany that a time limit cuts off leaves nothing to the next', async t => {
  const map = SharedMap.open<any, any>(fresh())
  await cuts({ map }, 'map.setMany(rows)', () => {
    map.clear()
    map.setMany([['own', 1]])
    t.deepEqual([...map], [['own', 1]])
  })
})

test('a setMany of a cache that a time limit cuts off leaves nothing to the next', async t => {
  const cache = SharedCache.open<any, any>(fresh(), { max: 10_000 })
  await cuts({ cache }, 'cache.setMany(rows)', () => {
    cache.clear()
    cache.setMany([['own', 1]])
    t.deepEqual([...cache], [['own', 1]])
  })
})

test('a commit that a time limit cuts off leaves nothing to the next, nor to a lock', async t => {
  const map = SnapshotMap.open<any, any>(fresh())
  await cuts({ map }, 'map.commitSync(rows)', async () => {
    const lease = await map.lock(['own'])
    await map.replaceAll([])
    lease.release()
    map.commitSync([['own', 1]])
    t.deepEqual([...map.snapshot()], [['own', 1]])
  })
})
