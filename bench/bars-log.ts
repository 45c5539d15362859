// How many commits share one write to the file: threads that await one commit at a time, or one thread with many on the way.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { SnapshotMap } from 'shardmap'
import type { Bar } from './bar.js'
import { statOf } from './stat.js'

export interface Crowd {
  threads: number
  /** Commits that each thread has on the way. */
  outstanding: number
  limit: number
}

interface CommitterData {
  map: string
  committer: number
  outstanding: number
}

const ROUNDS = 5
const ROUND_MS = 400

export async function commitsPerWrite({ threads, outstanding, limit }: Crowd): Promise<Bar> {
  const folder = mkdtempSync(join(tmpdir(), 'shardmap-bench-'))
  const map = SnapshotMap.open<string, number>('log', { path: join(folder, 'map') })
  const workers = Array.from(
    { length: threads },
    (_, committer) => new Worker(fileURLToPath(import.meta.url), { workerData: { map: 'log', committer, outstanding } satisfies CommitterData })
  )
  const all = async (word: string) => {
    const answers = workers.map((worker) => once(worker, 'message'))
    for (const worker of workers) worker.postMessage(word)
    await Promise.all(answers)
  }
  await all('warm up')
  const rounds: { shared: number; rate: number; write: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const before = map.stats()
    const started = performance.now()
    await all('go')
    const ms = performance.now() - started
    const after = map.stats()
    const [commits, writes] = [after.commits - before.commits, after.logWrites - before.logWrites]
    rounds.push({ shared: commits / writes, rate: (1000 * commits) / ms, write: ms / writes })
  }
  SnapshotMap.destroy('log')
  rmSync(folder, { recursive: true })
  const median = (values: number[]) => statOf(values).median
  return {
    id: `log-${threads}x${outstanding}`,
    title: `commits per write to the file, ${threads === 1 ? `${outstanding} on the way from one thread` : `${threads} threads awaiting one each`}`,
    must: { at: '>=', limit },
    value: statOf(rounds.map((one) => one.shared)),
    note: `on disk when they resolve; ${Math.round(median(rounds.map((one) => one.rate))).toLocaleString('en-US')} commits/s; ${median(rounds.map((one) => one.write)).toFixed(2)} ms a write`
  }
}

/** Keeps that many commits on the way until the time is over. */
async function commitAway({ map: name, committer, outstanding }: CommitterData): Promise<void> {
  const map = SnapshotMap.open<string, number>(name)
  const end = performance.now() + ROUND_MS
  const one = async (_: unknown, lane: number) => {
    for (let i = 0; performance.now() < end; i++) await map.commit([[`${committer}:${lane}`, i]])
  }
  await Promise.all(Array.from({ length: outstanding }, one))
}

const data = workerData as CommitterData | null
if (!isMainThread && data?.outstanding) {
  parentPort!.on('message', () => void commitAway(data).then(() => parentPort!.postMessage('done')))
}
