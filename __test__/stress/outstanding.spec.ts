// 100,000 asynchronous writers that wait at once; afterwards nothing is outstanding, and memory is what it was.
import test from 'ava'
import { folder } from '../fixtures/files.js'
import { runs } from '../fixtures/processes.js'
import { expected, growth, type Outcome } from './fixtures/outstanding.js'
import { rounds } from './fixtures/settings.js'

const module = new URL('./fixtures/outstanding.js', import.meta.url).href
/** Megabytes. Allocators give memory back when they see fit, so resident memory goes up and down by some; a leak adds up round by round. */
const TOLERANCE = { resident: 64, heaps: 4 }
/** Above so many megabytes the article sounds the alarm. */
const ALARM = 800

test.serial('100,000 writers wait at once, again and again: all are served, nothing is left of them, and memory does not grow', async t => {
  const writers = 100_000
  const [outcome]: Outcome[] = await runs(module, 'loads', { path: `${folder(t)}/durable`, writers, rounds })
  t.deepEqual(outcome.made, expected(writers, rounds))
  for (const { peak, left } of outcome.rounds) {
    t.true(peak < ALARM, `${peak} MB`)
    t.deepEqual([left.liveSnapshots, left.cacheBytes], [0, 0])
  }
  // In the first round buffers grow to what they need.
  t.deepEqual(growth(outcome.rounds.slice(1), TOLERANCE), [])
})

test.serial('writers that keep what they were given are found', async t => {
  const [outcome]: Outcome[] = await runs(module, 'loads', { path: `${folder(t)}/durable`, writers: 4000, rounds: 4, fault: true })
  t.deepEqual(growth(outcome.rounds.slice(1), TOLERANCE), ['heaps', 'liveSnapshots', 'mapBytes'])
})
