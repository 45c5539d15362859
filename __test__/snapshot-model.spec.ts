// Random sequences of commits beside a list of Maps, one a version.
import test from 'ava'
import { inspect, isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { SnapshotMap, ShardmapError, type Snapshot } from 'shardmap'
import { runs } from './fixtures/runs.js'
import { fresh } from './fixtures/threads.js'
import { modes, type AnyMap } from './fixtures/versions.js'

const keys: any[] = ['a', 'b', '1', 1, 0, 2n, true, '', '\uD800', new Uint8Array([1]), ['a'], ['a', 1], 'k'.repeat(1200)]
const ids = keys.map((_, i) => i)
const key = fc.constantFrom(...ids)
const value = fc.oneof(
  fc.constantFrom<any>(undefined, undefined, null, -0, NaN, 5n, '', 'text', { a: 1 }, [1, [2]], new Uint8Array([1, 2]), new Date(5), new Map([[1, { x: 1 }]]), 'long '.repeat(300)),
  fc.integer(),
)
const writes = fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 6 })
/** How many versions back from the latest. */
const back = fc.integer({ min: -1, max: 6 })

const command = fc.oneof(
  fc.record({ op: fc.constantFrom('commit', 'commit', 'commitSync', 'commitFn', 'replaceAll'), writes }),
  fc.record({ op: fc.constant('tryCommit'), writes, back, reads: fc.option(fc.array(key, { maxLength: 4 }), { nil: undefined }), txId: fc.option(fc.constantFrom('one', 'other'), { nil: undefined }) }),
  fc.record({ op: fc.constantFrom('rollback', 'at', 'getAt', 'delta'), back }),
  fc.record({ op: fc.constant('changes'), back, to: fc.option(back, { nil: undefined }) }),
  fc.record({ op: fc.constantFrom('read', 'take', 'drop', 'versions') }),
)

type Rows = Map<number, unknown>
interface State {
  map: AnyMap
  mirror: AnyMap
  history: number
  /** The content of each version. */
  versions: Rows[]
  /** The version in which a key was written last, by version. */
  written: Map<number, number>[]
  held: { snapshot: Snapshot<any, any>; version: number }[]
  mirrored: number
  /** The versions of the transactions with a name. */
  named: Map<string, bigint>
}

function same(what: string, got: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(got, expected)) throw new Error(`${what}: ${inspect(got)} is not ${inspect(expected)}`)
}

function sameRows(what: string, source: Snapshot<any, any>, rows: Rows): void {
  same(`${what} size`, source.size, rows.size)
  const left = new Map(rows)
  for (const [key, value] of source) {
    const id = ids.find(id => isDeepStrictEqual(keys[id], key) && left.has(id))
    if (id === undefined) throw new Error(`${what}: ${inspect(key)} is not there, or came twice`)
    same(`${what} of ${inspect(key)}`, value, left.get(id))
    left.delete(id)
  }
  for (const id of ids) {
    same(`${what} get`, source.get(keys[id]), rows.get(id))
    same(`${what} has`, source.has(keys[id]), rows.has(id))
  }
}

const entriesOf = (writes: [number, unknown][]) => writes.map(([id, value]): [any, any] => [keys[id], value])
const codeOf = async (call: () => unknown): Promise<unknown> => {
  try {
    return await call()
  } catch (error) {
    if (error instanceof ShardmapError) return error.code
    throw error
  }
}

/** The version after the latest: its rows, and which keys were written for it. */
function push(state: State, rows: Rows, touched: Iterable<number>): bigint {
  const written = new Map(state.written.at(-1))
  for (const id of touched) written.set(id, state.versions.length)
  state.versions.push(rows)
  state.written.push(written)
  return BigInt(state.versions.length - 1)
}

function applied(rows: Rows, writes: [number, unknown][]): Rows {
  const next = new Map(rows)
  for (const [id, value] of writes) value === undefined ? next.delete(id) : next.set(id, value)
  return next
}

async function run(state: State, step: any): Promise<void> {
  const { map, versions } = state
  const what = inspect(step, { depth: 4 })
  const latest = versions.length - 1
  const version = Math.max(0, latest - step.back)
  const inHistory = (version: number) => version >= latest - state.history
  const isHeld = (version: number) => inHistory(version) || state.held.some(held => held.version === version)
  const isKept = isHeld(version)
  const given = step.writes?.map(([id]: [number, unknown]) => id)
  switch (step.op) {
    case 'commit': return same(what, await map.commit(entriesOf(step.writes)), push(state, applied(versions[latest], step.writes), given))
    case 'commitSync': return same(what, map.commitSync(new Map(entriesOf(step.writes)).entries()), push(state, applied(versions[latest], step.writes), given))
    case 'commitFn': {
      let now = versions[latest]
      const done = await map.commit(tx => {
        for (const write of step.writes) {
          same(what, tx.get(keys[write[0]]), now.get(write[0]))
          if (write[1] === undefined) tx.delete(keys[write[0]])
          else tx.set(keys[write[0]], write[1])
          now = applied(now, [write])
        }
      })
      return same(what, done, push(state, now, given))
    }
    case 'replaceAll': {
      const rows = applied(new Map(), step.writes)
      return same(what, await map.replaceAll(entriesOf(step.writes)), push(state, rows, [...rows.keys(), ...versions[latest].keys()]))
    }
    case 'tryCommit': {
      const reads: number[] = step.reads ?? given
      const got = await codeOf(() => map.tryCommit({ version: BigInt(version), writes: entriesOf(step.writes), ...(step.reads && { reads: reads.map(id => keys[id]) }), ...(step.txId && { txId: step.txId }) }))
      if (state.named.has(step.txId)) return same(what, got, state.named.get(step.txId))
      if (!isKept || version > latest) return same(what, got, 'ERR_SHARDMAP_VERSION')
      // A key that is absent in both versions counts as unwritten.
      const lost = reads.some(id => state.written[latest].get(id) !== state.written[version].get(id) && (versions[latest].has(id) || versions[version].has(id)))
      if (lost) return same(what, got, 'ERR_SHARDMAP_CONFLICT')
      const made = push(state, applied(versions[latest], step.writes), given)
      if (step.txId) state.named.set(step.txId, made)
      return same(what, got, made)
    }
    case 'rollback': {
      const got = await codeOf(() => map.rollback(BigInt(version)))
      if (!isKept || version > latest) return same(what, got, 'ERR_SHARDMAP_VERSION')
      // What it does not change it does not write.
      const touched = ids.filter(id => !isDeepStrictEqual(versions[version].get(id), versions[latest].get(id)))
      return same(what, got, push(state, new Map(versions[version]), touched))
    }
    case 'at': {
      const got = await codeOf(() => map.at(BigInt(version)))
      if (!isKept) return same(what, got, 'ERR_SHARDMAP_VERSION')
      const snapshot = got as Snapshot<any, any>
      same(what, snapshot.version, BigInt(Math.min(version, latest)))
      sameRows(what, snapshot, versions[Math.min(version, latest)])
      return snapshot.close()
    }
    case 'getAt':
      for (const id of ids) same(what, await codeOf(() => map.get(keys[id], { at: BigInt(version) })), isKept ? versions[Math.min(version, latest)].get(id) : 'ERR_SHARDMAP_VERSION')
      return
    case 'changes': {
      const to = Math.max(0, latest - (step.to ?? 0))
      const got = await codeOf(() => [...map.changes(BigInt(version), ...(step.to === undefined ? [] : [BigInt(to)]))])
      if (!inHistory(version)) return same(what, got, 'ERR_SHARDMAP_VERSION')
      const now = new Map(versions[Math.min(version, latest)])
      for (const { key, before, after } of got as any[]) {
        const id = ids.find(id => isDeepStrictEqual(keys[id], key))!
        same(`${what} before`, before, now.get(id))
        if (after === undefined) now.delete(id)
        else now.set(id, after)
      }
      return same(what, now, versions[Math.min(Math.max(to, version), latest)])
    }
    case 'delta': {
      const got = await codeOf(() => map.exportDelta(BigInt(state.mirrored)))
      if (state.mirrored !== 0 && !isHeld(state.mirrored)) return same(what, got, 'ERR_SHARDMAP_VERSION')
      same(what, await state.mirror.applyDelta(got as Uint8Array), BigInt(latest))
      state.mirrored = latest
      using snapshot = state.mirror.snapshot()
      return sameRows(what, snapshot, versions[latest])
    }
    case 'versions': return same(what, map.versions().map(({ version }) => Number(version)), versions.map((_, i) => i).slice(-state.history - 1))
    case 'take': return void state.held.push({ snapshot: map.snapshot(), version: latest })
    case 'drop': return state.held.shift()?.snapshot.close()
    case 'read':
      for (const { snapshot, version } of state.held) sameRows(what, snapshot, versions[version])
      for (const id of ids) for (let i = 0; i < 2; i++) same(what, map.get(keys[id]), versions[latest].get(id))
      return same(what, [map.size, map.version], [versions[latest].size, BigInt(latest)])
  }
}

for (const mode of modes) {
  for (const [near, history] of [[0, 0], [8192, 3], [3, 1000]]) {
    test(`any sequence of commits agrees with a list of Maps (${mode}, near ${near}, history ${history})`, async t => {
      const property = fc.asyncProperty(fc.array(command, { maxLength: 40 }), async steps => {
        const names = [fresh('model'), fresh('mirror')]
        const [map, mirror] = names.map((name, i) => SnapshotMap.open<any, any>(name, { near, history, mode: i ? 'delta' : mode }))
        const state: State = { map, mirror, history, versions: [new Map()], written: [new Map()], held: [], mirrored: 0, named: new Map() }
        try {
          for (const step of [...steps, { op: 'read' }, { op: 'delta', back: 0 }]) await run(state, step)
          state.held.forEach(({ snapshot }) => snapshot.close())
          same('live snapshots', map.stats().liveSnapshots, 0)
          await map.replaceAll([])
          same('bytes of an empty map', map.stats().bytes, SnapshotMap.open(fresh('empty'), { mode }).stats().bytes)
        } finally {
          names.forEach(name => SnapshotMap.destroy(name))
        }
      })
      await fc.assert(property, runs(150))
      t.pass()
    })
  }
}
