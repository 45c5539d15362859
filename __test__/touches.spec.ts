// The buffer in which a thread writes down what its near cache has answered, as the cache reads it.
import test from 'ava'
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { ShardmapError } from 'shardmap'
import { fresh } from './fixtures/threads.js'

const path = createRequire(import.meta.url).resolve('../../dist/binding.js')
const binding = createRequire(import.meta.url)(path).loadBinding()
const [HITS, NEAR_HITS] = [2, 3]

function opened() {
  const scratch = new ArrayBuffer(32 + 65536)
  const space = binding.attach(scratch, ShardmapError)
  return { cache: space.openCache(fresh(), 100), head: new Int32Array(scratch, 0, 8) }
}

test('uses that were written down are counted by the next call, once', t => {
  const { cache, head } = opened()
  cache.set('a', 1, 1)
  t.is(cache.get('a'), 1)
  const ring = new ArrayBuffer(4 * 4)
  const words = new Int32Array(ring)
  cache.touches(ring)
  words.set([3, head[4]!, head[4]!, head[4]!])
  t.is(cache.get('a'), 1)
  t.is(words[0], 0)
  const stats = cache.stats()
  t.deepEqual([stats[HITS], stats[NEAR_HITS]], [5, 3])
  words[0] = 1
  cache.touch()
  t.is(words[0], 0)
  t.is(cache.stats()[NEAR_HITS], 4)
  cache.close()
  words[0] = 1
  t.throws(() => cache.touch(), { any: true, code: 'ERR_SHARDMAP_CLOSED' })
})

test('whatever stands in the buffer, the cache goes on', t => {
  const { cache } = opened()
  const ring = new ArrayBuffer(4 * 9)
  const words = new Int32Array(ring)
  cache.touches(ring)
  for (let i = 0; i < 50; i++) cache.set(i, i, 1)
  for (const count of [1, 8, 9, 1000, 2 ** 31 - 1, -1, -(2 ** 31)]) {
    for (const ticket of [0, 1, 49, 50, 99, 12_345, 2 ** 31 - 1, -1, -(2 ** 31)]) {
      words.fill(ticket)
      words[0] = count
      cache.touch()
      t.is(words[0], 0)
    }
  }
  for (let i = 0; i < 50; i++) t.is(cache.get(i), i)
  for (const wrong of [undefined, null, 5, {}, new ArrayBuffer(0), new ArrayBuffer(3), new Int32Array(4), new SharedArrayBuffer(16)]) {
    t.throws(() => cache.touches(wrong), { any: true, code: 'ERR_SHARDMAP_OPTION' })
  }
})

const prelude = `
const attach = () => require(${JSON.stringify(path)}).loadBinding().attach(new ArrayBuffer(32 + 65536), class extends Error {})
const opened = () => {
  const [cache, ring] = [attach().openCache('c', 100), new ArrayBuffer(4 * 65)]
  cache.touches(ring)
  return { cache, ring }
}
`
async function printed(code: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '-e', prelude + code], { timeout: 60_000 })
  return stdout.trim()
}

test('the buffer lives as long as its handle, and no longer', async t => {
  const code = `(async () => {
    const { cache } = opened()
    const buffers = Array.from({ length: 100 }, () => new WeakRef(opened().ring))
    const left = () => buffers.filter(buffer => buffer.deref() !== undefined).length
    // What was looked at is kept until the running job ends.
    for (let i = 0; i < 200 && left() > 0; i++) for (let round = 0; round < 10; round++) { await new Promise(setImmediate); gc() }
    for (let i = 0; i < 1000; i++) cache.set(i, i, 1)
    console.log(left(), cache.get(999))
  })()`
  t.is(await printed(code), '0 999')
})

test('a thread that ends in order or is ended with open handles ends quietly', async t => {
  const inside = `${prelude}
    const all = Array.from({ length: 20 }, opened)
    for (const { cache, ring } of all) { new Int32Array(ring)[0] = 64; cache.set('a', 1, 1) }
    require('node:worker_threads').parentPort.postMessage(all.length)`
  const code = `(async () => {
    const { Worker } = require('node:worker_threads')
    for (const end of ['', 'setInterval(() => {}, 1000)', 'for (;;) all[0].cache.get("a")']) {
      const worker = new Worker(${JSON.stringify(inside)} + ';' + end, { eval: true })
      // Both may come in the same turn.
      const exited = new Promise(resolve => worker.once('exit', resolve))
      await new Promise(resolve => worker.once('message', resolve))
      if (end !== '') worker.terminate()
      await exited
    }
    console.log(opened().cache.get('a'))
  })()`
  t.is(await printed(code), '1')
})
