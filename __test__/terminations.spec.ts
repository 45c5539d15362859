// Threads that are ended at random instants, whatever they are doing with whatever structure: the quick form of ci/lifetimes.sh.
import test from 'ava'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Deno prints what a thread throws, also where somebody listens for it. */
const ASKED_FOR = /^error: Uncaught \(in worker ""\) \(in promise\) Error: asked for by the test\n(?:\s.*\n?)*/gm

test('a hundred threads ended at random instants leave everything usable, all counts exact and memory flat', async t => {
  const script = fileURLToPath(new URL('./fixtures/terminations-main.js', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--expose-gc', script, '100'], { env: { ...process.env, NO_COLOR: '1' } })
  t.is(stderr.replace(ASKED_FOR, ''), '', stdout)
  t.regex(stdout, /^100 threads ended at random instants .* all counts exact/m)
})
