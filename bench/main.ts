// npm run bench                     everything, then bench/results/latest.json, docs/performance.md and its pictures
// npm run bench -- --only=near      only the steps whose name holds `near`; prints, writes nothing
// npm run bench -- --draw           the document and pictures again from latest.json
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Bar, condition, isMet } from './bar.js'
import type { Crowd } from './bars-log.js'
import type { Awaited } from './bars-peers.js'
import type { Commits } from './bars-versions.js'
import { measureCache } from './cache/steps.js'
import { inChild } from './child.js'
import { machine } from './machine.js'
import { measureMemory } from './memory.js'
import { draw } from './pictures.js'
import { render } from './report.js'
import type { Results } from './results.js'
import type { Timing } from './measure.js'
import { measureRust, type Rust } from './rust.js'
import { POINTS, type PointResult } from './sweep.js'
import type { VersionPeers } from './version-peers.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const latest = join(root, 'bench/results/latest.json')
const only = process.argv.find((arg) => arg.startsWith('--only='))?.slice(7)
const started = performance.now()
const bars: Bar[] = []

/** A step that fails makes the run fail, and does not lose the others. */
async function step<T>(name: string, work: () => T | Promise<T>): Promise<T | undefined> {
  if (only !== undefined && !name.includes(only)) return undefined
  console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${name}`)
  try {
    return await work()
  } catch (error) {
    process.exitCode = 1
    console.error(`        FAILED: ${String(error)}`)
    return undefined
  }
}

function keep(...measured: Bar[]): void {
  bars.push(...measured)
  for (const bar of measured) console.log(`        ${describe(bar)}`)
}

function describe(bar: Bar): string {
  const { title, value, note, timings } = bar
  const verdict = isMet(bar) === undefined ? 'NOT MEASURED' : isMet(bar) ? 'met' : 'MISSED'
  const figures = value ? `${value.median.toPrecision(3)} (${value.low.toPrecision(3)} to ${value.high.toPrecision(3)})` : ''
  const times = timings ? `; ${timings.map(({ name, median }) => `${name} ${median.toPrecision(3)} ns`).join(', ')}` : ''
  return `${verdict}  ${title}: ${figures} must be ${condition(bar)}${times}${note ? `  [${note}]` : ''}`
}

async function barsOfOneThread(): Promise<void> {
  for (const rate of [0, 100, 1_000, 100_000])
    await step(`near hits, ${rate} writes/s`, async () => keep(await inChild<Bar>('bars-near.js', 'nearHit', { rate })))
  await step('near on and off under a writer', async () => keep(await inChild<Bar>('bars-near.js', 'nearUnderWriter', null)))
  for (const type of ['number', 'string'])
    await step(`native get, ${type}`, async () => keep(await inChild<Bar>('bars-calls.js', 'nativeGet', { type, limit: 3.5 })))
  await step('set', async () => keep(await inChild<Bar>('bars-calls.js', 'setNumbers', null)))
  for (const type of ['number', 'string'])
    await step(`batch, ${type}`, async () => keep(await inChild<Bar>('bars-calls.js', 'batched', { type, limit: 0.4 })))
  await step('peers', async () => keep(...(await inChild<Bar[]>('bars-peers.js', 'againstPeers', null))))
}

/** Returns what a commit of one key takes through JavaScript. */
async function barsOfVersions(): Promise<Timing | undefined> {
  await step('versions: snapshots', async () => keep(...(await inChild<Bar[]>('bars-versions.js', 'snapshots', null))))
  const commits = await step('versions: commits', () => inChild<Commits>('bars-versions.js', 'commits', null))
  if (commits) keep(...commits.bars)
  for (const rate of [0, 1_000])
    await step(`versions: get, ${rate} commits/s`, async () => keep(await inChild<Bar>('bars-versions.js', 'latestGet', { rate })))
  const crowds: Crowd[] = [{ threads: 4, outstanding: 1, limit: 2 }, { threads: 1, outstanding: 64, limit: 16 }]
  for (const crowd of crowds)
    await step(`versions: commits per write, ${crowd.threads} threads`, async () => keep(await inChild<Bar>('bars-log.js', 'commitsPerWrite', crowd)))
  return commits?.single
}

async function sweep(): Promise<PointResult[]> {
  const results: PointResult[] = []
  for (const point of POINTS) {
    const result = await step(`sweep, ${point.factor} ${point.label}`, () => inChild<PointResult>('sweep.js', 'measurePoint', point))
    if (!result) continue
    results.push(result)
    console.log(`        ${result.timings.map(({ name, median }) => `${name} ${median.toFixed(0)}`).join('   ')}`)
  }
  return results
}

async function measureAll(): Promise<Results> {
  await barsOfOneThread()
  const single = await barsOfVersions()
  const versions = await step('versions: peers', () => inChild<VersionPeers>('version-peers.js', 'versionPeers', null))
  for (const { name, median } of [...(versions?.hold ?? []), ...(versions?.change ?? [])]) console.log(`        ${name} ${median.toFixed(0)} ns`)
  const memory = await step('memory', measureMemory)
  if (memory) keep(...memory.bars)
  const rust: Rust | undefined = await step('rust core', () => measureRust(root, single))
  if (rust) keep(...rust.bars)
  const awaited = await step('awaited: postMessage and Redis', () => inChild<Awaited>('bars-peers.js', 'awaited', null))
  for (const { name, median } of awaited?.timings ?? []) console.log(`        ${name} ${median.toFixed(0)} ns`)
  const cache = await measureCache(root, step, keep)
  return {
    date: new Date().toISOString().slice(0, 10),
    minutes: 0,
    machine: machine(root),
    bars,
    points: await sweep(),
    versions: versions ?? { hold: [], change: [] },
    cache,
    awaited: awaited ?? { timings: [], redis: 'not measured' },
    memoryMiB: memory?.mib ?? { shared: 0, copies: 0, churn: 0 },
    rust: rust?.groups ?? {}
  }
}

function publish(results: Results): void {
  draw(results, join(root, 'docs/performance'))
  writeFileSync(join(root, 'docs/performance.md'), render(results))
}

if (process.argv.includes('--draw')) {
  publish(JSON.parse(readFileSync(latest, 'utf8')) as Results)
} else {
  const results = await measureAll()
  results.minutes = (performance.now() - started) / 60_000
  if (only === undefined) {
    mkdirSync(join(root, 'bench/results'), { recursive: true })
    writeFileSync(latest, `${JSON.stringify(results, null, 1)}\n`)
    publish(results)
    const missed = bars.filter((bar) => !isMet(bar))
    console.log(`\n${bars.length - missed.length} of ${bars.length} bars met in ${results.minutes.toFixed(1)} minutes; see docs/performance.md`)
    for (const bar of missed) console.log(`  ${describe(bar)}`)
  }
}
