// Threads that load the addon, without the main thread: many at the same instant, and one after the other.
import test from 'ava'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { folder } from './fixtures/files.js'
import { Process } from './fixtures/processes.js'

const isolates = new URL('./fixtures/isolates.js', import.meta.url).href

test('twenty threads load the addon at the same instant and use the same maps, again and again', async t => {
  const [threads, rounds, times] = [20, 3, 50]
  const child = new Process(isolates, 'atTheSameInstant', { threads, rounds })
  t.deepEqual(await child.ended, { code: 0, signal: null, errors: '' })
  const all = threads * rounds
  t.deepEqual(child.told, [{
    n: all * times, size: all * times + 1, commits: all * times, version: all * (times + 1), names: ['map', 'versions', 'cache'],
    loads: Array.from({ length: rounds }, () => 1),
  }])
})

test('the data outlives every thread that loaded the package, and nothing that they held does, when the main thread never did', async t => {
  const script = fileURLToPath(new URL('./fixtures/only-in-workers.js', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, folder(t)])
  t.is(stderr, '')
  t.deepEqual(JSON.parse(stdout), {
    names: [['kept'], ['kept file', 'kept versions'], ['kept cache']], sum: 4950, counter: 3, late: { x: [1, 2] },
    committed: [[0, 1, 2], [0, 1, 2]], live: 1, token: 3, cached: [3, { x: 1 }], loaded: 'by 2', heard: ['gone'],
  })
})
