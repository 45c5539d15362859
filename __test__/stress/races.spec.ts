// Lost updates and torn reads: what several threads do to the same keys ends exact, and is never seen half done.
import test from 'ava'
import { SharedCache, SharedMap, SnapshotMap } from 'shardmap'
import { fresh, together } from '../fixtures/threads.js'
import { WAYS } from './fixtures/adding.js'
import type { Seen } from './fixtures/tearing.js'
import { some, writeOf } from './fixtures/whole.js'
import { THREADS } from './fixtures/writers.js'

const adding = new URL('./fixtures/adding.js', import.meta.url).href
const tearing = new URL('./fixtures/tearing.js', import.meta.url).href
const times = <T>(count: number, of: (seat: number) => T): T[] => Array.from({ length: count }, (_, seat) => of(seat))
const nears = [0, 8192]

for (const near of nears) {
  test(`all ways to add to one key, at once by four threads, lose nothing (near ${near})`, async t => {
    const map = SharedMap.open<string, any>(fresh())
    await together(adding, 'addsToMap', times(THREADS, () => ({ name: map.name, times: 1000 * WAYS, near })))
    const asked = THREADS * 1000
    t.deepEqual([map.get('number'), map.get('bigint'), map.get('object').n], [3 * asked, BigInt(3 * asked), 2 * asked])
  })

  test(`what is put into a box is taken out or still in it, however often it is emptied (near ${near})`, async t => {
    const map = SharedMap.open<string, any>(fresh())
    const [put, parties] = [20_000, 2]
    const threads = [...times(parties, () => 'putsIn'), ...times(2, () => 'takesOut')]
    const jobs = threads.map(job => ({ job, name: map.name, times: put, parties, near }))
    const taken: number[] = await together(new URL('./fixtures/mixed.js', import.meta.url).href, 'mixed', jobs.map(args => ({ ...args, module: adding })))
    t.is(taken.reduce((sum, count) => sum + count) + (map.get('box') ?? 0), put * parties)
  })

  test(`increments of a cache by four threads lose nothing, while other entries come and go (near ${near})`, async t => {
    const cache = SharedCache.open<any, any>(fresh(), { max: 20, policy: 'tinylfu' })
    await together(adding, 'addsToCache', times(THREADS, () => ({ name: cache.name, times: 4000, near })))
    t.is(cache.get('number'), THREADS * 4000)
    t.is(cache.size, 20)
  })
}

for (const mode of ['delta', 'copy'] as const) {
  test(`functions, waiting functions, requests from a version and locked commits of four threads lose nothing (${mode})`, async t => {
    const map = SnapshotMap.open<string, number>(fresh(), { mode, history: 0 })
    await together(adding, 'addsToVersions', times(THREADS, () => ({ name: map.name, times: 400 })))
    t.deepEqual([map.get('number'), map.get('locked')], [THREADS * 300, THREADS * 100])
    t.deepEqual([map.version, map.stats().commits, map.stats().liveSnapshots], [BigInt(THREADS * 400), THREADS * 400, 0])
  })
}

test('reading and then writing loses updates, and the counts say so', async t => {
  const [map, versions, cache] = [SharedMap.open<string, any>(fresh()), SnapshotMap.open<string, any>(fresh()), SharedCache.open<string, any>(fresh(), { max: 10 })]
  for (const [kind, shared] of Object.entries({ map, versions, cache })) {
    await together(adding, 'readsThenWrites', times(THREADS, () => ({ kind, name: shared.name })))
    t.is(shared.get('number'), 1, `${kind}: ${THREADS} have added, and one is left`)
  }
})

const opens = {
  map: (name: string) => SharedMap.open<string, any>(name, { shards: 2 }),
  versions: (name: string) => SnapshotMap.open<string, any>(name, { history: 8 }),
  cache: (name: string) => SharedCache.open<string, any>(name, { max: 4 }),
}
for (const [kind, open] of Object.entries(opens)) {
  test(`values of all forms and sizes that overwrite each other are read whole, and never an older one again (${kind})`, async t => {
    const shared = open(fresh())
    const ended = new SharedArrayBuffer(4)
    const common = { kind, name: shared.name, seats: 2, ended }
    const writers = times(2, seat => ({ job: 'overwrites', seat, rounds: 600, ...common }))
    const readers = nears.map(near => ({ job: 'readsWhole', near, ...common }))
    const results = await together(new URL('./fixtures/mixed.js', import.meta.url).href, 'mixed', [...writers, ...readers].map(args => ({ ...args, module: tearing })))
    for (const { torn, back, writes } of results.slice(2) as Seen[]) {
      t.deepEqual([torn, back], [[], []])
      t.true(writes > 10, 'the writers went on meanwhile')
    }
  })
}

test('a value put together from two writes is told from a whole one, in every form', t => {
  const values = some(400, 1)
  values.forEach((value, i) => t.is(writeOf(value), i + 1))
  const torn = (value: any): unknown => {
    if (typeof value === 'bigint') return value > 0xffffffffn ? value ^ 1n : undefined
    if (typeof value === 'string') return value.endsWith(':') ? undefined : `${value.slice(0, -1)}\0`
    if (ArrayBuffer.isView(value)) {
      const copy = (value as Float64Array | Uint8Array).slice()
      copy[copy.length - 1]++
      return copy.length > (value instanceof Uint8Array ? 4 : 1) ? copy : undefined
    }
    if (value instanceof Map) return new Map<string, any>([...value, ['at', new Date(+value.get('at') + 1)]])
    return typeof value === 'object' ? { ...value, end: value.end + 1 } : undefined
  }
  const broken = values.map(torn).filter(value => value !== undefined)
  t.true(broken.length > 200)
  for (const value of broken) t.is(writeOf(value), -1, String(value).slice(0, 50))
})

test('a value that is written in two steps is found torn by who reads between them', t => {
  const map = SharedMap.open<string, any>(fresh())
  const read = () => {
    const [{ n, size, text }, { list, end }] = map.getMany(['head', 'tail'])
    return writeOf({ n, size, text, list, end })
  }
  const [first, second] = [1, 2].map(n => ({ n, size: 1, text: 'abc'[n], list: [n], end: n }))
  map.set('head', first).set('tail', first)
  t.is(read(), 1)
  map.set('head', second)
  t.is(read(), -1)
  map.set('tail', second)
  t.is(read(), 2)
})
