import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bar, condition, isMet } from './bar.js'
import { drawCache } from './cache/pictures.js'
import { columns, type Line, rows } from './chart.js'
import type { Results } from './results.js'
import { BASE, type PointResult } from './sweep.js'
import { ENTRIES } from './version-peers.js'

export const FACTORS: Record<string, { title: string; base: string }> = {
  size: { title: 'entries', base: '10,000' },
  keys: { title: 'key type', base: 'string' },
  values: { title: 'value type', base: '200-byte string' },
  mix: { title: 'reads : writes', base: '95:5' },
  threads: { title: 'threads', base: '2' },
  near: { title: 'near-cache entries', base: '32,768' }
}

/** The points of one factor in rising order, the base in its place. */
export function pointsOf(points: readonly PointResult[], factor: string): { label: string; result: PointResult }[] {
  const labelled = points
    .filter(({ point }) => point.factor === factor || point.factor === 'base')
    .map((result) => ({ label: result.point.factor === 'base' ? FACTORS[factor]!.base : result.point.label, result }))
  const rank = ({ point }: PointResult) =>
    factor === 'size' ? point.size : factor === 'threads' ? point.threads : factor === 'mix' ? -point.reads : factor === 'near' ? point.near : 0
  return labelled.sort((a, b) => rank(a.result) - rank(b.result))
}

export function namesOf(points: readonly { result: PointResult }[]): string[] {
  return [...new Set(points.flatMap(({ result }) => result.timings.map(({ name }) => name)))]
}

export function draw(results: Results, folder: string): void {
  mkdirSync(folder, { recursive: true })
  const save = (name: string, svg: string) => writeFileSync(join(folder, `${name}.svg`), svg)
  save('bars', rows('How near each bar: 1 is the limit, shorter is better', 'share of the limit', results.bars.flatMap(barLine), { limit: 1, labelWidth: 500 }))
  for (const [factor, { title }] of Object.entries(FACTORS)) {
    const points = pointsOf(results.points, factor)
    const series = namesOf(points).map((name) => ({
      name,
      values: points.map(({ result }) => result.timings.find((timing) => timing.name === name)?.median ?? null)
    }))
    save(factor, columns(`ns per operation by ${title}`, 'ns', points.map(({ label }) => label), series))
  }
  const grey = (name: string) => (name.startsWith('shardmap') ? '#c2410c' : '#64748b')
  save(
    'awaited',
    rows(`ns per get of a 200-byte string, ${BASE.size.toLocaleString('en-US')} keys`, 'ns, logarithmic', results.awaited.timings.map(({ name, median }) => ({ name, value: median, colour: grey(name) })), { log: true })
  )
  const { hold, change } = results.versions
  const versionLines = [
    ...hold.map(({ name, median }) => ({ name: `hold a version: ${name}`, value: median / 1000, colour: grey(name) })),
    ...change.map(({ name, median }) => ({ name: `change one key: ${name}`, value: median / 1000, colour: grey(name) }))
  ]
  save('versions', rows(`µs per version of ${ENTRIES.toLocaleString('en-US')} entries`, 'µs, logarithmic', versionLines, { log: true }))
  drawCache(results.cache, save)
  const { shared, copies, churn } = results.memoryMiB
  save(
    'memory',
    rows('Resident memory: 1M small records in 4 workers', 'MiB', [
      { name: 'one shared map', value: shared, colour: '#c2410c' },
      { name: 'a Map in each worker', value: copies, colour: '#64748b' },
      { name: 'records decoded, none kept', value: churn, colour: '#cbd5e1' }
    ])
  )
  for (const [group, timings] of Object.entries(results.rust))
    save(group, rows(`Rust core: ${group}`, 'ns per operation, logarithmic', timings.map(({ name, median }) => ({ name, value: median, colour: grey(name) })), { log: true }))
}

function barLine(bar: Bar): Line[] {
  if (bar.value === null) return []
  const { at, limit } = bar.must
  const share = at === '>=' ? limit / bar.value.median : bar.value.median / limit
  const text = `${+bar.value.median.toPrecision(3)} (${condition(bar)})`
  return [{ name: bar.title.replaceAll('`', ''), value: Math.max(0, share), colour: isMet(bar) ? '#15803d' : '#b91c1c', text }]
}
