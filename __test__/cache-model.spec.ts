// Random sequences of calls beside an LRU of a Map: contents and order of eviction are the very same.
import test from 'ava'
import fc from 'fast-check'
import { inspect, isDeepStrictEqual } from 'node:util'
import { SharedCache } from 'shardmap'
import { runs } from './fixtures/runs.js'
import { open } from './fixtures/caches.js'

const keys = ['a', 'b', 1, '1', ['a', 1], 'c', 'd', 5n]
const idOf = (key: any) => keys.findIndex(known => isDeepStrictEqual(known, key))

/** A Map in the order of use. */
class Model {
  readonly rows = new Map<number, { value: any; tags: string[] }>()
  constructor(readonly max: number) {}

  use(id: number): any {
    const row = this.rows.get(id)
    if (row === undefined) return undefined
    this.rows.delete(id)
    this.rows.set(id, row)
    return row.value
  }

  set(id: number, value: any, tags: string[] = []): void {
    if (!this.rows.delete(id) && this.rows.size === this.max) this.rows.delete(this.rows.keys().next().value!)
    this.rows.set(id, { value, tags })
  }

  invalidate(tag: string): number {
    const gone = [...this.rows].filter(([, row]) => row.tags.includes(tag))
    for (const [id] of gone) this.rows.delete(id)
    return gone.length
  }
}

const key = fc.nat(keys.length - 1)
const value = fc.oneof(fc.nat(9), fc.constantFrom<any>(undefined, 'text', { a: 1 }, [1, { b: 2 }], new Date(5)))
const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('get' as const), id: key, times: fc.constantFrom(1, 1, 1, 2, 70) }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('set' as const), id: key, value, tags: fc.subarray(['x', 'y']) }) },
  fc.record({ op: fc.constantFrom('peek' as const, 'has' as const, 'getRemainingTTL' as const, 'delete' as const, 'increment' as const, 'fetch' as const), id: key }),
  fc.record({ op: fc.constant('setMany' as const), rows: fc.array(fc.tuple(key, value), { maxLength: 5 }) }),
  fc.record({ op: fc.constant('getMany' as const), ids: fc.array(key, { maxLength: 5 }) }),
  fc.record({ op: fc.constant('invalidateTag' as const), tag: fc.constantFrom('x', 'y') }),
  fc.record({ op: fc.constantFrom('clear' as const, 'iterate' as const, 'keys' as const, 'stats' as const) }),
)

function same(what: string, got: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(got, expected)) throw new Error(`${what}: ${inspect(got)} is not ${inspect(expected)}`)
}

async function run(cache: SharedCache<any, any>, model: Model, step: any): Promise<void> {
  const what = inspect(step, { depth: 4 })
  const k = keys[step.id]
  const row = model.rows.get(step.id)
  switch (step.op) {
    case 'get':
      for (let i = 0; i < step.times; i++) same(what, cache.get(k), model.use(step.id))
      break
    case 'set':
      cache.set(k, step.value, step.tags.length > 0 ? { tags: step.tags } : undefined)
      model.set(step.id, step.value, step.tags)
      break
    case 'peek': same(what, cache.peek(k), row?.value); break
    case 'has': same(what, cache.has(k), row !== undefined); break
    case 'getRemainingTTL': same(what, cache.getRemainingTTL(k), row === undefined ? 0 : Infinity); break
    case 'delete': same(what, cache.delete(k), model.rows.delete(step.id)); break
    case 'increment':
      if (row !== undefined && typeof row.value !== 'number') break
      same(what, cache.increment(k, 2), (row?.value ?? 0) + 2)
      model.set(step.id, (row?.value ?? 0) + 2, row?.tags)
      break
    case 'fetch':
      same(what, await cache.fetch(k, () => 7), row === undefined ? 7 : row.value)
      if (row === undefined) model.set(step.id, 7)
      else model.use(step.id)
      break
    case 'setMany':
      cache.setMany(step.rows.map(([id, v]: [number, any]) => [keys[id], v]))
      for (const [id, v] of step.rows) model.set(id, v)
      break
    case 'getMany': same(what, cache.getMany(step.ids.map((id: number) => keys[id])), step.ids.map((id: number) => model.use(id))); break
    case 'invalidateTag': same(what, cache.invalidateTag(step.tag), model.invalidate(step.tag)); break
    case 'clear':
      cache.clear()
      model.rows.clear()
      break
    case 'keys': same(what, [...cache.keys()].map(idOf).sort(), [...model.rows.keys()].sort()); break
    case 'stats': same(what, cache.stats().entries, model.rows.size); break
    case 'iterate':
      same(what, new Map([...cache].map(([key, value]) => [idOf(key), value])), new Map([...model.rows].sort().map(([id, { value }]) => [id, value])))
  }
  same(`size after ${what}`, cache.size, model.rows.size)
}

for (const near of [0, 2, 8192]) {
  for (const max of [1, 3, 6]) {
    test(`any sequence of calls agrees with an LRU of a Map, order of eviction included (max ${max}, near ${near})`, async t => {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { maxLength: 50 }), async commands => {
          const cache = open({ max, near, policy: 'lru' })
          const model = new Model(max)
          for (const step of commands) await run(cache, model, step)
          const left = [...model.rows.keys()]
          // Entries go in the order of the model, one for each that comes when it is full.
          for (let i = 0; left.length > 0; i++) {
            if (cache.size === max) left.shift()
            cache.set(`filler ${i}`, i)
            same('what is left', keys.map((_, id) => id).filter(id => cache.has(keys[id])), left.toSorted((a, b) => a - b))
          }
          SharedCache.destroy(cache.name)
        }),
        runs(150),
      )
      t.pass()
    })
  }
}
