// 16 streams of 100 records into a store that delays 50 to 300 ms and fails 3 % of its writes: nothing lost, nothing doubled, in order.
import test, { type ExecutionContext } from 'ava'
import { SharedMap, SnapshotMap } from 'shardmap'
import { folder } from '../fixtures/files.js'
import { fresh, start, type Thread } from '../fixtures/threads.js'
import { audit, type Report } from './fixtures/audit.js'
import { afterLogged, copies, type Pipeline, type Stage, type Ways } from './fixtures/pipeline.js'
import { BATCHES, fill, STREAMS, type Entry } from './fixtures/records.js'
import { seed } from './fixtures/settings.js'
import { AS_IN_THE_ARTICLE, fate, Truncating, Unreliable, WithoutIds } from './fixtures/unreliable.js'

const module = new URL('./fixtures/pipeline.js', import.meta.url).href
const sound: Report = { lost: [], doubled: [], altered: [], backwards: [] }

function open(streams?: number, records?: number, path?: string): Pipeline {
  const source = SharedMap.open<any, any>(fresh('source'))
  fill(source, seed, streams, records)
  const log = SnapshotMap.open<any, any>(fresh('log'), { history: 100_000, ...(path && { path }) })
  return { source, log, target: SnapshotMap.open<any, any>(fresh('target'), { history: 100_000 }) }
}
const namesOf = ({ source, log, target }: Pipeline) => ({ source: source.name, log: log.name, target: target.name })

/** Where a stream is ended, and whether it stands still there. The others are ended wherever they are when it is heard of. */
const endedAt = new Map<number, { stage: Stage; stands: boolean }>([
  [0, { stage: 'logged', stands: true }], [1, { stage: 'stored', stands: true }], [2, { stage: 'acknowledged', stands: true }],
  [3, { stage: 'logged', stands: false }], [4, { stage: 'stored', stands: false }], [5, { stage: 'acknowledged', stands: false }],
])
const HALFWAY = BATCHES / 2

test('16 streams into a store that is slow and fails: what is ended half-way resumes from the log, and all comes, once and in order', async t => {
  const path = `${folder(t)}/log`
  const pipeline = open(STREAMS, undefined, path)
  const faults = { seed, ...AS_IN_THE_ARTICLE }
  const args = { names: namesOf(pipeline), faults }
  const run = async (stream: number): Promise<{ began: number; retries: number }> => {
    const ended = endedAt.get(stream)
    if (!ended) return start(module, 'streams', { ...args, stream }).done
    const thread: Thread = start(module, 'streams', { ...args, stream, tells: HALFWAY, ...(ended.stands && { halts: ended.stage }) })
    while ((await thread.next()) !== ended.stage);
    await thread.end()
    await thread.over()
    return start(module, 'streams', { ...args, stream }).done
  }
  const results = await Promise.all(Array.from({ length: STREAMS }, (_, stream) => run(stream)))

  t.deepEqual(audit(pipeline), sound)
  t.deepEqual(results.slice(0, 3).map(({ began }) => began), [HALFWAY, HALFWAY, HALFWAY + 1], 'it goes on with the first batch that was not acknowledged')
  for (const { began } of results.slice(3, 6)) t.true(began >= HALFWAY && began < BATCHES, `${began}`)
  t.true(results.slice(6).every(({ began }) => began === 0))

  const failures = (stream: number) => Array.from({ length: BATCHES }, (_, batch) => {
    let attempts = 0
    while (fate(faults, { stream, batch } as Entry, attempts).fails !== 'never') attempts++
    return attempts
  }).reduce((sum, attempts) => sum + attempts)
  for (let stream = endedAt.size; stream < STREAMS; stream++) t.is(results[stream].retries, failures(stream), 'each failure was tried again, and nothing else')
  t.true(results.some(({ retries }) => retries > 0))
  t.is(pipeline.target.version, BigInt(STREAMS * BATCHES))

  SnapshotMap.destroy(pipeline.log.name)
  const again = { ...pipeline, log: SnapshotMap.open<any, any>(fresh('log'), { path, history: 100_000 }) }
  t.deepEqual(audit(again), sound, 'what the file has is what the streams had')
  SnapshotMap.destroy(again.log.name)
})

const SMALL = [2, 10] as const
const inTurn = { seed, least: 0, most: 0, failing: 0 }
/** A small pipeline, stream by stream, and what is found in it. */
async function small(waysOf: (pipeline: Pipeline) => Ways, prepare: (pipeline: Pipeline) => Promise<unknown> = async () => {}): Promise<Report> {
  const pipeline = open(...SMALL)
  await prepare(pipeline)
  for (let stream = 0; stream < SMALL[0]; stream++) await copies(pipeline, stream, waysOf(pipeline), 2)
  return audit(pipeline, ...SMALL)
}
const finds = (t: ExecutionContext, report: Report, what: keyof Report) => {
  t.true(report[what].length > 0, what)
  for (const other of Object.keys(sound) as (keyof Report)[]) if (other !== what) t.deepEqual(report[other], [], other)
}

test('the audit finds nothing in a sound pipeline, also one that is run twice or that fails every other time', async t => {
  t.deepEqual(await small(({ target }) => ({ store: new Unreliable(target, inTurn) })), sound)
  t.deepEqual(await small(({ target }) => ({ store: new Unreliable(target, { ...inTurn, failing: 500 }) })), sound)
  const twice = await small(({ target }) => ({ store: new Unreliable(target, inTurn), resume: () => 0 }), async pipeline => {
    await copies(pipeline, 0, { store: new Unreliable(pipeline.target, inTurn) }, 2)
  })
  t.deepEqual(twice, sound)
})

test('the audit finds what is written twice by a store that does not know what it has', async t => {
  const report = await small(({ target }) => ({ store: new WithoutIds(target, inTurn), resume: () => 0 }), async pipeline => {
    await copies(pipeline, 1, { store: new WithoutIds(pipeline.target, inTurn) }, 1)
  })
  t.deepEqual(report.doubled, ['1/0', 'total 1: 15 of 10'])
  t.deepEqual([report.lost, report.altered], [[], []])
})

test('the audit finds what is lost by a stream that resumes after the last logged batch', async t => {
  const report = await small(({ target }) => ({ store: new Unreliable(target, inTurn), resume: afterLogged }), async pipeline => {
    const dies = { store: new Unreliable(pipeline.target, inTurn), reached: (stage: Stage) => { if (stage === 'logged') throw new Error('ended') } }
    await copies(pipeline, 0, dies, 1).catch(() => {})
  })
  finds(t, report, 'lost')
  t.deepEqual(report.lost, ['0/0', 'total 0: 5 of 10'])
})

test('the audit finds bytes that changed on the way, by their CRC32', async t => {
  const report = await small(({ target }) => ({ store: new Truncating(target, inTurn) }))
  finds(t, report, 'altered')
  t.is(report.altered.length, 4)
})

test('the audit finds clocks that do not heed what was seen', async t => {
  finds(t, await small(({ target }) => ({ store: new Unreliable(target, inTurn), tick: (_, own) => own + 1 })), 'backwards')
})
