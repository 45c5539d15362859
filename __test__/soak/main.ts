// npm run soak -- --minutes 30 --seed 1 --threads 4     build/soak/report.md and report.html; ends with 1 if anything was lost, or memory was not flat
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { html, markdown } from './page.js'
import { pageOf, total, type Asked } from './report.js'
import { run, type Run } from './run.js'
import { CHECKS, FAULTS } from './shared.js'
import { judge, operationsOf, RESTING_SAMPLES } from './verdict.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    threads: { type: 'string', default: '4' },
    report: { type: 'string', default: join(root, 'build', 'soak') },
    /** Says nothing about memory, for runs that are too short to. */
    'any-memory': { type: 'boolean', default: false },
  },
})
const asked: Asked = { minutes: Number(values.minutes), seed: Number(values.seed), threads: Number(values.threads) }
if (!(asked.minutes > 0)) throw new Error('--minutes takes a number of minutes')
if (!Number.isInteger(asked.threads) || asked.threads < 2 || asked.threads > 32) throw new Error('--threads takes a whole number from 2 to 32')
if (!Number.isInteger(asked.seed)) throw new Error('--seed takes a whole number')

const count = (n: number): string => n.toLocaleString('en-US')
let [before, beforeAt] = [0, 0]

function line({ samples, sums }: Run): void {
  const { at, rss } = samples.at(-1)!
  const calls = total(sums, operationsOf(sums))
  const rate = Math.round((calls - before) / ((at - beforeAt) / 1000))
  ;[before, beforeAt] = [calls, at]
  console.log(`${(at / 1000).toFixed(0).padStart(5)} s  ${count(rate).padStart(9)} calls/s  ${count(total(sums, FAULTS)).padStart(9)} faults  ${count(total(sums, CHECKS)).padStart(11)} checks  ${(rss / 2 ** 20).toFixed(1).padStart(6)} MiB resident`)
}

const result = await run({ ms: asked.minutes * 60_000, seed: asked.seed, threads: asked.threads, rests: values['any-memory'] ? 0 : RESTING_SAMPLES }, line)
const verdict = judge(result, !values['any-memory'])
const page = pageOf(root, asked, result, verdict)
mkdirSync(values.report, { recursive: true })
writeFileSync(join(values.report, 'report.md'), markdown(page))
writeFileSync(join(values.report, 'report.html'), html(page))
writeFileSync(join(values.report, 'report.json'), JSON.stringify({ asked, verdict, sums: result.sums, samples: result.samples, rests: result.rests }))
for (const block of page.blocks) if ('picture' in block) writeFileSync(join(values.report, `${block.picture}.svg`), block.svg)
for (const failure of verdict.failures.slice(0, 20)) console.error(failure)
console.log(`${verdict.failures.length === 0 ? 'passed' : 'FAILED'}: ${count(total(result.sums, operationsOf(result.sums)))} calls, ${count(total(result.sums, FAULTS))} faults, ${count(total(result.sums, CHECKS))} checks; see ${join(values.report, 'report.md')}`)
process.exit(verdict.failures.length === 0 ? 0 : 1)
