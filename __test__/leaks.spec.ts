// Whatever can be left open or half-way is let go: when it is garbage, or when its thread ends.
import test from 'ava'
import { GIVES_BACK } from './fixtures/garbage.js'
import { runs } from './fixtures/processes.js'

const leaking = new URL('./fixtures/leaking.js', import.meta.url).href

async function told(job: string, args: unknown = {}): Promise<any> {
  const [first] = await runs(leaking, job, args, { env: GIVES_BACK })
  return first
}

test.serial('every kind of handle that nobody closes is freed, and holds nothing then', async t => {
  const { left, liveSnapshots, batched } = await told('drops')
  t.true(Object.keys(left).length >= 18)
  for (const [kind, count] of Object.entries<number>(left)) t.true(count <= 2, `${kind}: ${count} of 100 are left`)
  t.true(liveSnapshots <= 2, `${liveSnapshots}`)
  t.is(batched, 100, 'what nobody flushes is written all the same')
})

test.serial('what a thread leaves open ends with it, without a collection of garbage', async t => {
  const { live, grown } = await told('outlives', { rounds: 18, megabytes: 12 })
  t.deepEqual(live, live.map(() => 0))
  // Of the threads that end in one of the three ways, three more have ended before the last six rounds.
  t.true(grown < 50, `${grown} MB; each thread held 24`)
})

test.serial('a thread that is ended while it takes a snapshot leaves none', async t => {
  const { grown } = await told('endsTakers', { rounds: 24, megabytes: 24 })
  t.true(grown < 100, `${grown} MB; each snapshot that is left holds 24`)
})
