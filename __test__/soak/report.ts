// The page that a soak ends with.
import { timeline } from '../../bench/chart.js'
import { machine } from '../../bench/machine.js'
import { statOf } from '../../bench/stat.js'
import type { Flatness } from '../../bench/windows.js'
import type { Block, Page } from './page.js'
import type { Sample } from './arena.js'
import type { Run } from './run.js'
import { CHECKS, FAULTS } from './shared.js'
import { operationsOf, type Verdict } from './verdict.js'

const MIB = 2 ** 20
const TYPES = ['SharedMap', 'SnapshotMap', 'SharedCache', 'Snapshot', 'Batch', 'Transaction', 'Lease']

export interface Asked {
  minutes: number
  seed: number
  threads: number
}

const count = (n = 0): string => n.toLocaleString('en-US')
const mib = (bytes: number): string => (bytes / MIB).toFixed(1)
/** As 12.3M. */
const short = (n: number): string => Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 }).format(n)
export const total = (sums: Record<string, number>, names: readonly string[]): number => names.reduce((sum, name) => sum + (sums[name] ?? 0), 0)
const most = (sums: Record<string, number>) => (a: string, b: string): number => sums[b] - sums[a]

function operationRows(sums: Record<string, number>): string[][] {
  return TYPES.map(type => {
    const names = operationsOf(sums).filter(name => name.startsWith(`${type}.`)).sort(most(sums))
    const done = names.filter(name => sums[name] > 0)
    const calls = names.map(name => `${name.slice(type.length + 1)} ${short(sums[name])}`).join(', ')
    return [type, `${done.length} of ${names.length}`, count(total(sums, names)), calls]
  })
}

/** Two kinds a row. */
function pairs(sums: Record<string, number>, names: readonly string[]): string[][] {
  const half = Math.ceil(names.length / 2)
  const cells = (name: string | undefined): string[] => (name === undefined ? ['', ''] : [name, count(sums[name])])
  return Array.from({ length: half }, (_, i) => [...cells(names[i]), ...cells(names[half + i])])
}

function picture({ samples, rests }: Run, { working, resting }: Verdict): string {
  const unit = samples.at(-1)!.at > 300_000 ? { name: 'minutes', ms: 60_000 } : { name: 'seconds', ms: 1_000 }
  const point = (at: number, bytes: number) => [at / unit.ms, bytes / MIB] as const
  const curve = (name: string, colour: string, of: readonly Sample[], figure: (sample: Sample) => number) => ({ name, colour, points: of.map(one => point(one.at, figure(one))) })
  const medians = (name: string, colour: string, flatness: Flatness | undefined) => ({
    name, colour, strong: true, points: (flatness?.windows ?? []).flatMap(({ from, to, median }) => [point(from, median), point(to, median)]),
  })
  return timeline('Memory of the process', unit.name, 'MiB', [
    curve('resident', '#fdba74', samples, ({ rss }) => rss),
    medians('median of each window', '#c2410c', working),
    curve('resident at rest', '#93c5fd', rests, ({ rss }) => rss),
    medians('median at rest', '#1d4ed8', resting),
    curve('JavaScript heap at rest', '#64748b', rests, ({ heap }) => heap),
  ].filter(({ points }) => points.length > 0))
}

function memoryRows({ rests }: Run, { working, resting }: Verdict): string[][] {
  const windows = (resting ?? working)?.windows ?? []
  return windows.map(({ from, to }, i) => {
    const inside = rests.filter(({ at }) => at >= from && at < to)
    const of = (figure: (sample: Sample) => number): string => (inside.length === 0 ? '' : mib(statOf(inside.map(figure)).median))
    const one = (flatness: Flatness | undefined): string => (flatness === undefined ? 'too few' : `${mib(flatness.windows[i].median)} (${(flatness.windows[i].median / flatness.windows[0].median).toFixed(3)})`)
    return [`${(from / 1000).toFixed(0)} to ${(to / 1000).toFixed(0)} s`, one(working), one(resting), of(({ heap }) => heap), of(({ external }) => external), of(({ buffers }) => buffers)]
  })
}

const spreadOf = (what: string, flatness: Flatness | undefined): string => (flatness === undefined ? '' : `; ${what} ${flatness.spread.toFixed(3)}`)

export function pageOf(root: string, asked: Asked, result: Run, verdict: Verdict): Page {
  const { samples, sums, base, end } = result
  const { cpu, cores, memoryGiB, system, node, commit } = machine(root)
  const seconds = (samples.at(-1)?.at ?? 0) / 1000
  const calls = total(sums, operationsOf(sums))
  const failed = verdict.failures.length > 0
  const memory = spreadOf('at work', verdict.working) + spreadOf('at rest', verdict.resting)
  const blocks: Block[] = [
    { text: failed ? `**FAILED**, in ${verdict.failures.length} respects.` : `**Passed.** Nothing lost, nothing torn, nothing left behind.${memory && ` Highest window of resident memory over the first (flat: at most 1.05)${memory}.`}` },
    ...(failed ? [{ list: verdict.failures.slice(0, 12).map(failure => failure.split('\n').slice(0, 6).join(' ')) }] : []),
    {
      head: ['Run', ''],
      rows: [
        ['began, lasted', `${new Date(Date.now() - seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC, ${(seconds / 60).toFixed(1)} minutes`],
        ['calls', `${count(calls)}, ${count(Math.round(calls / Math.max(seconds, 1)))} a second`],
        ['threads', `${asked.threads} at a time, ${count(total(sums, ['thread terminated', 'thread exited', 'thread returned']))} ended on the way; seed ${asked.seed}`],
        ['machine', `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}; Node ${node}; commit ${commit}`],
        ['at the end', end === undefined ? 'not reached' : `no map, cache, snapshot or lease left; ${end.files.length} open files (${base!.files.length} at the beginning); resident ${mib(end.rss)} MiB (${mib(base!.rss)} before)`],
      ],
    },
    ...(samples.length > 1 ? [{ picture: 'memory', svg: picture(result, verdict) }] : []),
    { heading: 'Memory, by window after the warm-up (medians, MiB)' },
    { head: ['Window', 'Resident at work', 'Resident at rest', 'Heap at rest', 'External', 'Buffers'], rows: memoryRows(result, verdict) },
    { text: 'In brackets: of the first window. At work: the whole process, once a second, with threads of all ages. At rest: all threads but one have ended and that one has collected its garbage; heap, external memory and buffers are its own. The first quarter is warm-up. What the maps hold is limited by construction: keys, histories, bounds, loads. Ids of transactions are filled up before. glibc keeps two pools of freed memory, or each new thread might open another, and gives back to the system what is above 64 KiB (MALLOC_ARENA_MAX, MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_); the young generation has a fixed size.' },
    { heading: 'Operations' },
    { head: ['Type', 'Methods', 'Calls', 'By method'], rows: operationRows(sums) },
    { heading: `Faults injected and refusals met: ${count(total(sums, FAULTS))}` },
    { head: ['Kind', 'Times', 'Kind', 'Times'], rows: pairs(sums, FAULTS) },
    { heading: `Invariants checked: ${count(total(sums, CHECKS))}` },
    { head: ['Invariant', 'Times', 'Invariant', 'Times'], rows: pairs(sums, CHECKS) },
  ]
  return { title: `Soak of shardmap: ${failed ? 'failed' : 'passed'}`, blocks }
}
