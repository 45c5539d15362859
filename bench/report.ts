import { type Bar, condition, isMet } from './bar.js'
import { renderCache } from './cache/report.js'
import { grid, number, range } from './grid.js'
import type { Results } from './results.js'
import type { Timing } from './measure.js'
import { FACTORS, namesOf, pointsOf } from './pictures.js'
import { ENTRIES, type VersionPeers } from './version-peers.js'

export function render(results: Results): string {
  const { machine, bars, points, awaited } = results
  const met = bars.filter((bar) => isMet(bar)).length
  return `${[
    '# Performance',
    `Rendered by \`npm run bench\` on ${results.date} in ${results.minutes.toFixed(1)} minutes; the figures are in \`bench/results/latest.json\`.`,
    `Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB; ${machine.system}; Node ${machine.node}; ${machine.rust}; commit ${machine.commit}.`,
    'Each case runs in a process of its own. Both sides of a ratio are measured in it by benchmark.js, in rounds of alternating order; a ratio is taken round by round, and the median and the range of all rounds are given. The keys are gone through in random order. `msgpackr-extract` is installed, which users have to install themselves: it makes decoding values with many strings faster ([decisions](decisions.md#what-is-published-two-files-and-no-dependencies)).',
    `## The bars: ${met} of ${bars.length} met`,
    grid(['measured in one run', 'must be', 'median', 'range', '', 'ns per operation', 'notes'], bars.map(barCells)),
    '![bars](performance/bars.svg)',
    '## The cases we lose',
    losses(results),
    '## One factor at a time',
    'The base: 10,000 string keys, 200-byte string values, 95 reads to 5 writes, 2 threads, near on (`near: 32768`, so that all keys fit). Nanoseconds per operation in one thread while the others do the same on the same table. `Map` and `lru-cache` are copies that each thread has for itself: they share nothing, and are here as the floor. `lmdb` writes with `putSync` and `noSync`. With more threads than cores the figures hold time in which the thread did not run.',
    ...Object.keys(FACTORS).map((factor) => factorText(points, factor)),
    '## Versions',
    `${ENTRIES.toLocaleString('en-US')} small objects under string keys, in one thread and in memory. To hold a version is to keep one while the table goes on; a changed version comes beside the one before. With immer and Immutable.js to hold a version is to hold a reference, and costs nothing. What shardmap commits every thread sees; the others' versions are of one thread.`,
    grid(['', 'hold a version, µs', 'range', 'change one key, µs', 'range'], versionCells(results.versions)),
    '![versions](performance/versions.svg)',
    ...renderCache(results.cache),
    '## What has to be awaited',
    `Reads of 200-byte strings: a \`postMessage\` round trip to a thread that owns a Map, and Redis on loopback (${awaited.redis}).`,
    grid(['', 'ns per get', 'range'], awaited.timings.map((timing) => [timing.name, number(timing.median), range(timing)])),
    '![awaited](performance/awaited.svg)',
    '## Memory',
    'One million records `{ id, name, score, active }` under string keys, read by four workers; resident memory after a full collection in each thread.',
    '![memory](performance/memory.svg)',
    '## The core without Node',
    ...Object.entries(results.rust).map(([group, timings]) =>
      [`### ${group}`, grid(['', 'ns per operation', 'range'], timings.map((timing) => [timing.name, number(timing.median), range(timing)])), `![${group}](performance/${group}.svg)`].join('\n\n')
    )
  ].join('\n\n')}\n`
}

function barCells(bar: Bar): string[] {
  const { value, timings, note, unit } = bar
  const verdict = isMet(bar) === undefined ? 'not measured' : isMet(bar) ? 'met' : '**missed**'
  const limit = `${condition(bar)}${unit ? ` ${unit}` : ''}`
  const times = timings?.map(({ name, median }) => `${name} ${number(median)}`).join('; ') ?? ''
  return [bar.title, limit, value ? number(value.median) : '', value ? range(value) : '', verdict, times, note ?? '']
}

function versionCells({ hold, change }: VersionPeers): string[][] {
  const cells = (timings: VersionPeers['hold'], wanted: string) => {
    const timing = timings.find(({ name }) => name === wanted)
    if (!timing) return ['a reference', '']
    const { median, low, high } = timing
    return [number(median / 1000), range({ median, low: low / 1000, high: high / 1000 })]
  }
  return change.map(({ name }) => [name, ...cells(hold, name), ...cells(change, name)])
}

function factorText(points: Results['points'], factor: string): string {
  const chosen = pointsOf(points, factor)
  const names = namesOf(chosen)
  const { title } = FACTORS[factor]!
  const cell = (name: string, at: number) => {
    const timing = chosen[at]!.result.timings.find((one) => one.name === name)
    return timing ? `${number(timing.median)} (${range(timing)})` : '-'
  }
  const body = chosen.map(({ label }, at) => [label, ...names.map((name) => cell(name, at))])
  return [`### By ${title}`, grid([title, ...names], body), `![${factor}](performance/${factor}.svg)`].join('\n\n')
}

/** Wherever the median of something else is lower than ours, with near on. */
function losses({ points, rust, bars, versions, cache }: Results): string {
  const lost = points.flatMap(({ point, timings }) => {
    const where = point.factor === 'base' ? 'the base' : `${FACTORS[point.factor]!.title}: ${point.label}`
    return betterThanOurs(timings).map(([name, by]) => [where, name, by])
  })
  const core = Object.entries(rust).flatMap(([group, timings]) => betterThanOurs(timings).map(([name, by]) => [`Rust ${group}`, name, by]))
  const changes = betterThanOurs(versions.change).map(([name, by]) => ['a version with one key changed', name, by])
  const caches = (['get', 'set'] as const).flatMap((what) => betterThanOurs(cache.peers[what]).map(([name, by]) => [`cache: ${what}`, name, by]))
  const missed = bars.filter((bar) => isMet(bar) === false).map(({ title }) => `- bar missed: ${title}`)
  const table = grid(['case', 'faster than us', 'by'], [...lost, ...changes, ...caches, ...core])
  return [...(missed.length > 0 ? [missed.join('\n')] : []), table].join('\n\n')
}

/** Who has a lower median than shardmap, and how many times. */
function betterThanOurs(timings: readonly Timing[]): [name: string, by: string][] {
  const ours = timings.find(({ name }) => name === 'shardmap')
  if (!ours) return []
  return timings.filter(({ median }) => median < ours.median).map(({ name, median }) => [name, `${number(ours.median / median)}x`])
}
