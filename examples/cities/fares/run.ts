// The second part of the demo: whole tables are switched while workers serve them; then the process is killed and started again on its file.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageFrom, runChild } from '../child.js'
import { count, ms, type Row } from '../table.js'
import { quantile } from '../visibility.js'
import type { FaresReport } from './client.js'
import { FARES, type Quote } from './fare.js'
import type { Serving, Switched } from './service.js'

const SECONDS = 3

interface Service {
  process: ChildProcess
  serving: Serving
}

async function start(path: string, ...args: string[]): Promise<Service> {
  const process = fork(fileURLToPath(new URL('service.js', import.meta.url)), [path, ...args])
  const serving = await messageFrom<Serving>(process)
  return { process, serving }
}

async function quoteOf({ serving }: Service): Promise<string> {
  const ids = Array.from({ length: 50 }, (_, i) => 1 + i * 97)
  const answer = await fetch(`http://127.0.0.1:${serving.port}/quote/${ids.join(',')}`)
  return answer.text()
}

/** At once and without a word, as a crash or `kill -9` would. */
async function kill({ process }: Service): Promise<void> {
  const exit = once(process, 'exit')
  process.kill('SIGKILL')
  await exit
}

export interface FaresResult {
  rows: Row[]
  failed: number
  firstWrong?: string
}

export async function runFares(): Promise<FaresResult> {
  const folder = mkdtempSync(join(tmpdir(), 'shardmap-demo-'))
  const path = join(folder, 'fares')
  console.log(`fares    ${count(FARES)} in a file, the whole table switched under load for ${SECONDS} seconds`)
  const first = await start(path, 'switch')
  const client = await runChild<FaresReport>('fares/client.js', [`http://127.0.0.1:${first.serving.port}`, String(SECONDS)])
  first.process.send('stop')
  const { switches } = await messageFrom<Switched>(first.process)
  const before = await quoteOf(first)
  console.log('fares    the process is killed and started again on its file')
  await kill(first)
  const second = await start(path)
  const after = await quoteOf(second)
  await kill(second)
  rmSync(folder, { recursive: true, force: true })

  const versionOf = (answer: string) => (JSON.parse(answer) as Quote).version
  const lost = after === before && versionOf(after) === switches.length + 1 ? 0 : 1
  const rows: Row[] = [
    ['whole tables switched under load', `${count(switches.length)} of ${count(FARES)} fares`],
    ['a switch, on disk and visible everywhere, p50 / p99', `${ms(quantile(switches, 0.5))} / ${ms(quantile(switches, 0.99))}`],
    ['requests per second, p99', `${count(client.requestsPerSecond)}, ${ms(client.p99)}`],
    ['answers verified, of so many versions', `${count(client.answers)}, ${count(client.versions)}`],
    ['answers that mixed two tables', count(client.mixed)],
    ['reads that went back to an older table', count(client.backwards)],
    ['wrong answers', count(client.wrong)],
    ['errors, time-outs, not 2xx', count(client.errors)],
    ['killed at version / started again at version', `${versionOf(before)} / ${versionOf(after)}`],
    ['the same answer from both', after === before ? 'yes' : 'NO'],
    ['file read and verified in', ms(second.serving.openedIn)]
  ]
  const idle = client.versions < 2 ? 1 : 0
  const failed = client.mixed + client.backwards + client.wrong + client.errors + lost + idle
  return { rows, failed, ...(client.firstWrong === undefined ? {} : { firstWrong: client.firstWrong }) }
}
