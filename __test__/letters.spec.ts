// What other threads tell a thread arrives, whatever becomes of the letters before it.
import test from 'ava'
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'

const path = createRequire(import.meta.url).resolve('../../dist/binding.js')

/** Two waiting requests are answered by one release, so that their letters come together. */
const script = `
const space = require(${JSON.stringify(path)}).loadBinding().attach(new ArrayBuffer(32 + 65536), class extends Error {})
const heard = []
process.on('uncaughtException', error => heard.push(error.message))
space.listen((kind, request) => {
  heard.push(request)
  if (request === 2) throw new Error('from the second')
  if (request === 3) { clearInterval(awake); setImmediate(() => console.log(heard.join())) }
})
const awake = setInterval(() => {}, 60_000)
const map = space.openVersions('m')
const lock = (request, ...keys) => (map.stageKeys(...keys), map.lock(request, 60_000))
const token = lock(1, 'a', 'b')
lock(2, 'a')
lock(3, 'b')
map.release(token)
`

test('a letter that is taken with an exception is reported, and holds up none behind it', async t => {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { timeout: 60_000 })
  t.is(stdout.trim(), '2,from the second,3')
})
