import { grid, number, range } from '../grid.js'
import { pictureOf } from './pictures.js'
import { SUBJECTS } from './hits.js'
import { WAYS } from './shares.js'
import { BEYOND_NEAR, type CacheResults } from './steps.js'
import { sizesOf, TRACES, type TraceName } from './traces.js'

export function renderCache(results: CacheResults): string[] {
  const { beyondNear, peers, shares, memoryMiB } = results
  const percent = (ratio: number | null | undefined) => (ratio === null || ratio === undefined ? '-' : ratio.toFixed(2))
  const named = (what: 'get' | 'set', wanted: string) => peers[what].find(({ name }) => name === wanted)
  const cells = (what: 'get' | 'set', name: string) => {
    const timing = named(what, name)
    return timing ? [number(timing.median), range(timing)] : ['-', '']
  }
  return [
    '## Caches',
    `### Hit ratios
Percent of single accesses (get, and on a miss set) through JavaScript with the near cache on, beside \`lru-cache\`, and beside \`moka\` and \`quick_cache\` in Rust. loop, multi1, zigzag and scan are block references published with the LIRS policy; zipf has 100,000 keys with an exponent of 0.9, and scans the same with a quarter of it keys that never come again.`,
    ...TRACES.map((trace) => [grid([`${trace}, entries`, ...sizesOf(trace).map(number)], curveCells(results, trace, percent)), `![${trace}](performance/${pictureOf(trace)}.svg)`].join('\n\n')),
    '### One cache for four threads, or one for each',
    'Four threads split each trace, access by access; all caches together have room for as many entries. Percent.',
    grid(['trace', 'entries', ...WAYS], shares.map(({ trace, size, ratios }) => [trace, number(size), ...WAYS.map((way) => percent(ratios[way]))])),
    '![one cache or four](performance/cache_shares.svg)',
    '### Memory of a cache',
    `Small records under string keys, read and written by four workers; what the reading alone costs is taken off. One cache charges ${number(memoryMiB.charged)} MiB and grows the process by ${number(memoryMiB.shared)} MiB; an \`lru-cache\` in each worker with as many records, by ${number(memoryMiB.private)} MiB.`,
    '![memory of a cache](performance/cache_memory.svg)',
    '### Beside what people use',
    `1,000 string keys in random order, 200-byte strings, one thread, a ttl on all; keyv without a bound, for it has none in memory; Redis on loopback (${peers.redis}).`,
    grid(['', 'ns per get', 'range', 'ns per set', 'range'], peers.get.map(({ name }) => [name, ...cells('get', name), ...cells('set', name)])),
    '![beside what people use](performance/cache_peers.svg)',
    `What lies beyond the near cache is read from the shared one: ${BEYOND_NEAR.toLocaleString('en-US')} keys in random order, all hits, near default:`,
    grid(['', 'ns per get', 'range'], beyondNear.map((timing) => [timing.name, number(timing.median), range(timing)]))
  ]
}

function curveCells({ curves }: CacheResults, trace: TraceName, percent: (ratio: number | null | undefined) => string): string[][] {
  return SUBJECTS.map((subject) => {
    const curve = curves.find((one) => one.trace === trace && one.subject === subject)
    return [subject, ...sizesOf(trace).map((_, i) => percent(curve?.ratios[i]))]
  })
}
