// A script that is only one call: what is awaited keeps the process alive, and nothing else does.
import test from 'ava'
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { open } from './fixtures/versions.js'

const path = createRequire(import.meta.url).resolve('shardmap')
const file = join(mkdtempSync(join(tmpdir(), 'shardmap-alone-')), 'map.db')
test.after.always(() => rmSync(join(file, '..'), { recursive: true, force: true }))

/** What a process prints that runs this code with `m`, a map, `log` and `delta`, and ends by itself with code 0. */
async function printed(code: string, options = '{}'): Promise<string[]> {
  const prelude = `const { SharedCache, SnapshotMap } = require(${JSON.stringify(path)}), log = console.log, delta = Buffer.from('${delta}', 'base64')\nconst m = SnapshotMap.open('m', ${options}), c = SharedCache.open('c', { max: 100 });\n`
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', `${prelude}(async () => { ${code} })()`], { timeout: 60_000 })
  return stdout.split('\n').filter(line => line !== '')
}

let delta: string
test.before(async () => {
  const map = open()
  await map.commit([['a', 1]])
  delta = Buffer.from(map.exportDelta(0n)).toString('base64')
})

const stored = `{ path: ${JSON.stringify(file)} }`
const scripts: Record<string, [code: string, prints: string[], options?: string]> = {
  commit: ["log(String(await m.commit([['a', 1]])))", ['1']],
  'commit of a function': ["log(String(await m.commit(tx => tx.set('a', 1))))", ['1']],
  'commit to a file': ["log(String(await m.commit([['a', 1]])))", ['1'], stored],
  tryCommit: ["log(String(await m.tryCommit({ version: 0n, writes: [['a', 1]] })))", ['1']],
  replaceAll: ["log(String(await m.replaceAll([['a', 1]])))", ['1']],
  rollback: ["log(String(await m.rollback(0n)))", ['1']],
  applyDelta: ["log(String(await m.applyDelta(delta)), m.get('a'))", ['1 1']],
  'a refused replaceAll': ["await m.replaceAll([['a', () => 1]]).catch(error => log(error.code))", ['ERR_SHARDMAP_VALUE']],
  lock: ["log(String((await m.lock(['a'])).token))", ['1']],
  'a lock that waits for the end of a lease': ["await m.lock(['a'], { leaseMs: 50 }); log(String((await m.lock(['a'])).token))", ['2']],
  'a lock that is held': ["log('locked'); const lease = await m.lock(['a']); lease.signal.addEventListener('abort', () => log('never'))", ['locked']],
  'a lock that somebody waits for in vain': ["const stop = new AbortController(); await m.lock(['a']); const w = m.lock(['a'], { signal: stop.signal }); stop.abort(); await w.catch(error => log(error.name))", ['AbortError']],
  'a commit that waits between its tries': ["let n = 0; log(String(await m.commit(tx => { tx.get('a'); if (n++ < 9) m.commitSync([['a', n]]); tx.set('b', n) })))", ['10']],
  'a snapshot that nobody closes': ["m.snapshot(); m.at(0n); log('done')", ['done']],
  'a fetch': ["log(await c.fetch('a', () => 5))", ['5']],
  'a fetch whose loader waits for a timer': ["log(await c.fetch('a', () => new Promise(done => setTimeout(done, 30, 'late'))))", ['late']],
  'a fetch that waits for another thread': [
    `const { Worker } = require('node:worker_threads'), { once } = require('node:events')
    const w = new Worker(\`const { SharedCache } = require(\${JSON.stringify(${JSON.stringify(path)})}), { parentPort } = require('node:worker_threads')
      SharedCache.open('c').fetch('a', () => new Promise(done => { parentPort.once('message', () => done('from there')); parentPort.postMessage('loading') }))\`, { eval: true })
    await once(w, 'message'); w.unref()
    const waits = c.fetch('a', () => 'from here'); w.postMessage('go on')
    log(await waits)`, ['from there'],
  ],
  'a fetch whose loader never ends': ["c.fetch('a', () => new Promise(() => {})); c.fetch('b', () => 1); log('done')", ['done']],
  'a fetch whose loader never ends, with a timeout': ["await c.fetch('a', () => new Promise(() => {}), { timeout: 30 }).catch(error => log(error.code))", ['ERR_SHARDMAP_TIMEOUT']],
  'a fetch that waits with a timeout': ["c.fetch('a', () => new Promise(() => {}), { timeout: 60 }).catch(error => log(error.code)); log(await c.fetch('a', () => 'taken over'))", ['ERR_SHARDMAP_TIMEOUT', 'taken over']],
  'a fetch that is aborted': ["const stop = new AbortController(), f = c.fetch('a', () => new Promise(() => {}), { signal: stop.signal, timeout: 1e9 }); stop.abort(); await f.catch(error => log(error.name))", ['AbortError']],
  'a load in the background that hangs': [
    "await c.fetch('a', () => 1, { ttl: 5 , staleWhileRevalidate: 1e9 }); while (c.has('a')); log(await c.fetch('a', () => new Promise(() => {}), { staleWhileRevalidate: 1e9, timeout: 1e9 }))", ['1'],
  ],
  'a fetch whose handle is closed': ["const f = c.fetch('a', () => new Promise(() => {}), { timeout: 1e9 }); c.close(); await f.catch(error => log(error.code))", ['ERR_SHARDMAP_CLOSED']],
  'listeners': ["const stay = setInterval(() => {}, 1e6); c.on('delete', ({ key }) => { log(key); clearInterval(stay) }); c.on('dropped', () => {}); c.set('a', 1).delete('a')", ['a']],
  'dump and load': [`c.set('a', 1); log(await c.dump(${JSON.stringify(`${file}.dump`)})); c.clear(); log(await c.load(${JSON.stringify(`${file}.dump`)}), c.get('a'))`, ['1', '1 1']],
  'entries that are yet to expire': ["c.set('a', 1, { ttl: 1e9 }); c.get('a'); log('done')", ['done']],
  'nothing but open': ["log('open')", ['open']],
}

for (const [what, [code, prints, options]] of Object.entries(scripts)) {
  test.serial(`a script of ${what} ends by itself`, async t => {
    t.deepEqual(await printed(code, options), prints)
  })

  test.serial(`a thread of ${what} ends by itself`, async t => {
    const setup = [
      `const { SharedCache, SnapshotMap } = require(${JSON.stringify(path)}), delta = Buffer.from('${delta}', 'base64'), c = SharedCache.open('c', { max: 100 })`,
      "const log = (...words) => require('node:worker_threads').parentPort.postMessage(words.join(' '))",
      `const m = SnapshotMap.open('t', ${options?.replace('map.db', 'thread.db') ?? '{}'})`,
    ]
    const inside = JSON.stringify(`${setup.join('\n')};\n(async () => { ${code} })()`)
    const outside = `new (require('node:worker_threads').Worker)(${inside}, { eval: true }).on('message', log).on('exit', code => log('exit ' + code))`
    t.deepEqual(await printed(outside), [...prints, 'exit 0'])
  })
}
