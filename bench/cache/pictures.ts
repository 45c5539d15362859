import { columns, curves, rows } from '../chart.js'
import { SUBJECTS } from './hits.js'
import { WAYS } from './shares.js'
import type { CacheResults } from './steps.js'
import { sizesOf, TRACES, type TraceName } from './traces.js'

export const pictureOf = (trace: TraceName) => `hits_${trace.replaceAll(' ', '_')}`

export function drawCache({ curves: measured, shares, memoryMiB, peers }: CacheResults, save: (name: string, svg: string) => void): void {
  for (const trace of TRACES) {
    const series = SUBJECTS.map((name) => ({
      name,
      values: measured.find((curve) => curve.trace === trace && curve.subject === name)?.ratios ?? sizesOf(trace).map(() => null)
    }))
    save(pictureOf(trace), curves(`Hit ratio: ${trace}`, 'entries', '%', sizesOf(trace), series))
  }
  const ways = WAYS.map((name) => ({ name, values: TRACES.map((trace) => shares.find((share) => share.trace === trace)?.ratios[name] ?? null) }))
  save('cache_shares', columns('Hit ratio of four threads that split a trace', '%', TRACES, ways, { log: false }))
  save(
    'cache_memory',
    rows('Growth of resident memory: 100 MB of entries, 4 workers', 'MiB', [
      { name: 'charged', value: memoryMiB.charged, colour: '#cbd5e1' },
      { name: 'one SharedCache', value: memoryMiB.shared, colour: '#c2410c' },
      { name: 'an lru-cache in each worker', value: memoryMiB.private, colour: '#64748b' }
    ])
  )
  const colour = (name: string) => (name.startsWith('shardmap') ? '#c2410c' : '#64748b')
  const lines = (['get', 'set'] as const).flatMap((what) => peers[what].map(({ name, median }) => ({ name: `${what}: ${name}`, value: median, colour: colour(name) })))
  save('cache_peers', rows('ns per operation of a cache, 200-byte strings', 'ns, logarithmic', lines, { log: true }))
}
