// Random sequences of calls beside a plain Map.
import test from 'ava'
import { isDeepStrictEqual, inspect } from 'node:util'
import fc from 'fast-check'
import { SharedMap, ShardmapError, type Batch, type Snapshot } from 'shardmap'
import { runs } from './fixtures/runs.js'
import { fresh } from './fixtures/threads.js'

/** A key with the text that the model knows it by. */
interface ModelKey { key: any; id: string }
const keys: ModelKey[] = ['a', 'b', '1', 1, 0, 2n, true, '', '\uD800', new Uint8Array([1]), ['a'], ['a', 1], ['a', 'b'], ['a\0', 1], ['', 2], 'k'.repeat(1200)]
  .map((key, i) => ({ key, id: `${i}` }))
const value = fc.oneof(
  fc.constantFrom<any>(undefined, null, 0, -0, NaN, 1, 5n, '', 'text', true, 2n ** 130n),
  fc.integer(), fc.string(), fc.constantFrom<any>({ a: 1 }, [1, [2]], new Uint8Array([1, 2]), new Date(5), new Map([[1, { x: 1 }]]), { z: -0 }, [1.5, 3, -0]),
)
const key = fc.constantFrom(...keys)
const some = <T>(arb: fc.Arbitrary<T>) => fc.array(arb, { maxLength: 6 })

type Rows = Map<string, { key: any; value: any }>
interface Real {
  map: SharedMap<any, any>
  batch: Batch<any, any>
  snapshot: Snapshot<any, any>
}
interface Model { maxEntries: number; rows: Rows; pending: Rows; taken: Rows }

/** SameValueZero for primitives, structure for the rest; undefined stands for absent too. */
const matches = (one: any, other: any) => isDeepStrictEqual(one === 0 ? 0 : one, other === 0 ? 0 : other)

function same(what: string, got: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(got, expected)) throw new Error(`${what}: ${inspect(got)} is not ${inspect(expected)}`)
}

type Effect = (rows: Rows) => unknown
/** What a call must give: it gives what effect gives and changes the rows likewise, or is refused and changes nothing. */
function agrees(what: string, model: Model, real: () => unknown, effect: Effect): void {
  const next = new Map(model.rows)
  let expected: unknown
  let code: string | undefined
  try {
    expected = effect(next)
    if (next.size > model.maxEntries && next.size > model.rows.size) code = 'ERR_SHARDMAP_FULL'
  } catch (error) {
    code = (error as Error).message
  }
  let got: unknown
  try {
    got = real()
  } catch (error) {
    if (!(error instanceof ShardmapError) || error.code !== code) throw error
    return
  }
  if (code !== undefined) throw new Error(`${what} went through, but is ${code}`)
  same(what, got, expected)
  model.rows = next
}

const add = (by: any): ((now: any) => any) => now => {
  const zero = typeof by === 'bigint' ? 0n : 0
  const start = now === undefined ? zero : now
  const step = by ?? (typeof start === 'bigint' ? 1n : 1)
  if (typeof start !== typeof step || !['number', 'bigint'].includes(typeof start)) throw new Error('ERR_SHARDMAP_VALUE')
  return start + step
}

/** Commands as data, so that a failing sequence prints as what was done. */
const command = fc.oneof(
  fc.record({ op: fc.constantFrom('get', 'get', 'get', 'has', 'delete'), key }),
  fc.record({ op: fc.constantFrom('set', 'set', 'swap', 'getOrInsert', 'computed', 'update'), key, value }),
  fc.record({ op: fc.constant('compareAndSet'), key, expected: fc.option(value, { nil: 'what is there' }), value }),
  fc.record({ op: fc.constant('increment'), key, by: fc.constantFrom<any>(undefined, 1, -0.5, 1n, -(2n ** 70n)) }),
  fc.record({ op: fc.constantFrom('setMany', 'setMany', 'batch'), entries: some(fc.tuple(key, value)) }),
  fc.record({ op: fc.constantFrom('deleteMany', 'getMany', 'consistent'), keys: some(key) }),
  fc.record({ op: fc.constantFrom('entries', 'keys', 'values', 'forEach', 'size', 'takeSnapshot', 'readSnapshot', 'reserve', 'stats', 'flush', 'clear') }),
  fc.record({ op: fc.constant('scan'), prefix: fc.constantFrom<any>([], ['a'], ['a', 1], ['a\0'], [''], ['none']) }),
)

function run(model: Model, real: Real, step: any): void {
  const { map } = real
  const { op } = step
  const what = inspect(step, { depth: 4 })
  const [k, id] = [step.key?.key, step.key?.id]
  const now = model.rows.get(id)?.value
  const put = (v: any) => (rows: Rows) => { rows.set(id, { key: k, value: v }) }
  const putOrDelete = (v: any, gives: unknown) => (rows: Rows) => {
    if (v === undefined) rows.delete(id)
    else rows.set(id, { key: k, value: v })
    return gives
  }
  switch (op) {
    case 'get': return agrees(what, model, () => map.get(k), () => now)
    case 'has': return agrees(what, model, () => map.has(k), rows => rows.has(id))
    case 'delete': return agrees(what, model, () => map.delete(k), rows => rows.delete(id))
    case 'set': return agrees(what, model, () => void map.set(k, step.value), put(step.value))
    case 'swap': return agrees(what, model, () => map.swap(k, step.value), rows => { put(step.value)(rows); return now })
    case 'getOrInsert': case 'computed': {
      const call = () => (op === 'computed' ? map.getOrInsertComputed(k, () => step.value) : map.getOrInsert(k, step.value))
      return agrees(what, model, call, rows => { if (!rows.has(id)) put(step.value)(rows); return rows.get(id)!.value })
    }
    case 'update': return agrees(what, model, () => map.update(k, v => { same(what, v, now); return step.value }), putOrDelete(step.value, step.value))
    case 'compareAndSet': {
      const expected = step.expected === 'what is there' ? now : step.expected
      const hits = matches(now, expected)
      return agrees(what, model, () => map.compareAndSet(k, expected, step.value), hits ? putOrDelete(step.value, true) : () => false)
    }
    case 'increment': {
      if (model.rows.has(id) && now === undefined) return
      return agrees(what, model, () => map.increment(k, step.by), rows => { const sum = add(step.by)(now); put(sum)(rows); return sum })
    }
    case 'setMany': {
      const rows: [any, any][] = step.entries.map(([{ key: k }, v]: [ModelKey, any]) => [k, v])
      return agrees(what, model, () => void map.setMany(rows), next => { for (const [{ key: k, id }, v] of step.entries) next.set(id, { key: k, value: v }) })
    }
    case 'deleteMany': return agrees(what, model, () => map.deleteMany(step.keys.map((k: ModelKey) => k.key)), rows => step.keys.filter((k: ModelKey) => rows.delete(k.id)).length)
    case 'getMany': case 'consistent':
      return agrees(what, model, () => map.getMany(step.keys.map((k: ModelKey) => k.key), { consistent: op === 'consistent' }), rows => step.keys.map((k: ModelKey) => rows.get(k.id)?.value))
    case 'batch':
      for (const [{ key: k, id }, v] of step.entries) {
        if (v === undefined) real.batch.delete(k)
        else real.batch.set(k, v)
        model.pending.set(id, { key: k, value: v })
        same(what, real.batch.get(k), v)
      }
      return same(`${what} pending`, real.batch.pending, model.pending.size)
    case 'flush': {
      const next = new Map(model.rows)
      let full: ModelKey['key'] | undefined
      for (const [id, row] of model.pending) {
        // In order: a deletion may come too late for the room it makes.
        full = row.value !== undefined && !next.has(id) && next.size >= model.maxEntries ? row.key : undefined
        if (full !== undefined) break
        if (row.value === undefined) next.delete(id)
        else next.set(id, row)
        model.pending.delete(id)
      }
      try {
        real.batch.flush()
        same(what, undefined, full)
      } catch (error) {
        if (!(error instanceof ShardmapError) || error.code !== 'ERR_SHARDMAP_FULL') throw error
        same(what, error.keys, [full])
      }
      model.rows = next
      return same(`${what} pending`, real.batch.pending, model.pending.size)
    }
    case 'size': return same(what, map.size, model.rows.size)
    case 'entries': return sameRows(what, map, model.rows)
    case 'keys': return sameRows(what, [...map.keys()].map((key): [any, any] => [key, map.get(key)]), model.rows)
    case 'values': return sameRows(what, [...map.values()].map((value, i): [any, any] => [[...map.keys()][i], value]), model.rows)
    case 'forEach': {
      const rows: [any, any][] = []
      map.forEach((value, key) => rows.push([key, value]))
      return sameRows(what, rows, model.rows)
    }
    case 'reserve': return map.reserve(10)
    case 'stats': return same(what, map.stats().entries, model.rows.size)
    case 'scan': {
      const begins = ([, { key }]: [string, { key: any }]) => Array.isArray(key) && isDeepStrictEqual(key.slice(0, step.prefix.length), step.prefix)
      return sameRows(what, map.scan(step.prefix), new Map([...model.rows].filter(begins)))
    }
    case 'takeSnapshot':
      real.snapshot.close()
      real.snapshot = map.snapshot()
      model.taken = new Map(model.rows)
      return
    case 'readSnapshot':
      sameRows(what, real.snapshot, model.taken)
      for (const { key: k, id } of keys) same(what, real.snapshot.get(k), model.taken.get(id)?.value)
      return same(what, real.snapshot.size, model.taken.size)
    case 'clear': return agrees(what, model, () => map.clear(), rows => rows.clear())
  }
}

function sameRows(what: string, entries: Iterable<[any, any]>, rows: Rows): void {
  const left = new Map(rows)
  for (const [key, value] of entries) {
    const found = [...left].find(([, row]) => isDeepStrictEqual(row, { key, value }))
    if (!found) throw new Error(`${what}: ${inspect([key, value])} is not there, or came twice`)
    left.delete(found[0])
  }
  if (left.size > 0) throw new Error(`${what}: ${inspect(left)} did not come`)
}

for (const near of [0, 3, 8192]) {
  for (const [limits, options] of [['no limits', {}], ['two shards', { shards: 2 }], ['at most 5 entries', { shards: 2, maxEntries: 5 }], ['one entry', { maxEntries: 1 }]] as const) {
    test(`any sequence of calls agrees with a Map (near ${near}, ${limits})`, t => {
      const maxEntries = 'maxEntries' in options ? options.maxEntries : Infinity
      fc.assert(
        fc.property(fc.array(command, { maxLength: 60 }), commands => {
          const name = fresh('model')
          const map = SharedMap.open<any, any>(name, { near, ...options })
          const batch = map.batch({ size: 1e6, intervalMs: 2 ** 31 - 1 })
          const real: Real = { map, batch, snapshot: map.snapshot() }
          const model: Model = { maxEntries, rows: new Map(), pending: new Map(), taken: new Map() }
          try {
            for (const step of commands) run(model, real, step)
            sameRows('at the end', map, model.rows)
            for (const { key: k, id } of keys) for (let i = 0; i < 2; i++) same('get at the end', map.get(k), model.rows.get(id)?.value)
            same('size at the end', map.size, model.rows.size)
            map.clear()
            same('bytes of an empty map', map.stats().bytes, SharedMap.open(fresh('empty'), options).stats().bytes)
          } finally {
            real.snapshot.close()
            for (const { key: k } of keys) batch.delete(k)
            batch.close()
            SharedMap.destroy(name)
          }
        }),
        runs(150),
      )
      t.pass()
    })
  }
}

test('whatever is written under a byte limit, the limit holds and what is refused changes nothing', t => {
  const maxBytes = 3000
  const write = fc.tuple(key, fc.oneof(fc.integer({ min: 0, max: 1500 }).map(n => 'v'.repeat(n)), fc.constant(undefined)))
  fc.assert(
    fc.property(fc.array(fc.array(write, { minLength: 1, maxLength: 4 }), { maxLength: 40 }), calls => {
      const name = fresh('bytes')
      const map = SharedMap.open<any, any>(name, { maxBytes, shards: 2 })
      let rows: Rows = new Map()
      for (const entries of calls) {
        const next = new Map(rows)
        for (const [{ key: k, id }, v] of entries) v === undefined ? next.delete(id) : next.set(id, { key: k, value: v })
        const deletes = entries.filter(([, v]) => v === undefined).map(([k]) => k.key)
        try {
          if (deletes.length === 0) map.setMany(entries.map(([k, v]) => [k.key, v]))
          else map.deleteMany(deletes)
          if (deletes.length > 0) for (const [k, v] of entries) v === undefined ? rows.delete(k.id) : undefined
          else rows = next
        } catch (error) {
          if ((error as ShardmapError).code !== 'ERR_SHARDMAP_FULL') throw error
        }
        sameRows('under a byte limit', map, rows)
        if (map.stats().bytes > maxBytes) throw new Error(`${map.stats().bytes} bytes`)
      }
      SharedMap.destroy(name)
    }),
    runs(200),
  )
  t.pass()
})
