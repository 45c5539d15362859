// A SnapshotMap of accounts: whatever moves money, in every version there is as much of it, for every reader and in every transaction.
import { SnapshotMap, type Snapshot, type Transaction } from 'shardmap'
import type { Actor, Life } from '../life.js'
import { closed } from './register-snapshots.js'

export const NAME = 'ledger'
export const OPTIONS = { history: 24 }
const ACCOUNTS = 40
const EACH = 1_000
export const TOTAL = ACCOUNTS * EACH
export const opening = (): [number, number][] => Array.from({ length: ACCOUNTS }, (_, i) => [i, EACH])
/** What others may do to a commit. */
const LATE = ['ERR_SHARDMAP_CONFLICT', 'ERR_SHARDMAP_VERSION']
const HELD = 2

type Ledger = SnapshotMap<number, number>

export const sumOf = (rows: Iterable<readonly [number, number]>): number => {
  let sum = 0
  for (const [, balance] of rows) sum += balance
  return sum
}

export function ledger(life: Life): Actor {
  const map: Ledger = SnapshotMap.open(NAME, { near: life.chance(0.7) ? 32 : 0 })
  const held: Snapshot<number, number>[] = []
  let last = 0n

  const rises = (version: bigint, strictly = false): void => {
    life.check('version rises', strictly ? version > last : version >= last, () => `${version} after ${last}`)
    last = version
  }
  const constant = (sum: number, version: bigint): void => life.check('money constant', sum === TOTAL, () => `${sum} in version ${version}`)
  function counted(code: string | undefined): void {
    if (code === 'ERR_SHARDMAP_CONFLICT') life.fault('conflict')
    if (code === 'ERR_SHARDMAP_VERSION') life.fault('version no longer kept')
    if (code === 'AbortError') life.fault('commit aborted')
  }

  /** Deletes an account of nothing, and now and then counts all. */
  function move(tx: Transaction<number, number>): void {
    const [from, to] = [life.below(ACCOUNTS), life.below(ACCOUNTS)]
    if (from === to) return
    life.check('version rises', tx.version > 0n, () => `a transaction at ${tx.version}`)
    const amount = 1 + life.below(20)
    if (life.chance(0.05)) {
      const sum = Array.from({ length: ACCOUNTS }, (_, i) => tx.get(i) ?? 0).reduce((a, b) => a + b)
      life.check('money constant in a transaction', sum === TOTAL, () => `${sum} in a transaction at ${tx.version}`)
    }
    const [left, right] = [(tx.get(from) ?? 0) - amount, (tx.get(to) ?? 0) + amount]
    if (left === 0) tx.delete(from)
    else tx.set(from, left)
    tx.set(to, right)
    life.check('own write is read', tx.get(to) === right && (tx.get(from) ?? 0) === left, () => 'a transaction does not read its own writes')
  }

  async function transfer(): Promise<void> {
    const stop = new AbortController()
    const options = life.chance(0.1) ? { signal: stop.signal } : undefined
    const codes = ['ERR_SHARDMAP_CONFLICT', 'AbortError']
    const before = map.version
    counted(await life.rejected(codes, async () => {
      const committed = map.commit(move, options)
      if (options !== undefined) stop.abort()
      const version = await committed
      life.check('version rises', version >= before && map.version >= version, () => `committed ${version} from ${before}, and ${map.version} is the latest`)
    }))
  }

  function transferSync(): void {
    const version = map.commitSync(move)
    life.check('version rises', version >= last && map.version >= version, () => `committed ${version} after ${last}`)
  }

  /** From a version that others have left behind by then, or not. */
  async function transferFrom(): Promise<void> {
    const snapshot = map.snapshot()
    const { version } = snapshot
    const [from, to] = [life.below(ACCOUNTS - 1), ACCOUNTS - 1]
    const writes: [number, number][] = [[from, (snapshot.get(from) ?? 0) - 1], [to, (snapshot.get(to) ?? 0) + 1]]
    if (life.chance(0.5)) await new Promise(resolve => setImmediate(resolve))
    closed(snapshot)
    counted(await life.rejected(LATE, () => map.tryCommit({ version, writes, ...(life.chance(0.5) ? { reads: [from, to] } : {}) })))
  }

  async function replace(): Promise<void> {
    const balances = Array.from({ length: ACCOUNTS }, () => EACH)
    for (let i = 0; i + 1 < ACCOUNTS; i += 2) {
      const moved = life.below(EACH)
      balances[i] -= moved
      balances[i + 1] += moved
    }
    await map.replaceAll(balances.map((balance, i) => [i, balance]))
  }

  async function rollback(): Promise<void> {
    const to = life.pick(map.versions()).version
    if (to > 0n) counted(await life.rejected(LATE, () => map.rollback(to)))
  }

  function audit(): void {
    rises(map.version)
    const snapshot = map.snapshot()
    rises(snapshot.version)
    constant(sumOf(life.pick([() => snapshot, () => snapshot.entries()])()), snapshot.version)
    let read = 0
    for (let i = 0; i < ACCOUNTS; i++) read += snapshot.get(i) ?? 0
    constant(read, snapshot.version)
    held.push(snapshot)
    if (held.length > HELD) closed(held.shift()!)
    const [oldest] = held
    constant(sumOf(oldest), oldest.version)
  }

  /** The versions that are kept, and what has changed between them. */
  function lookBack(): void {
    const kept = map.versions()
    kept.forEach(({ version }, i) => life.check('version rises', i === 0 || version === kept[i - 1].version + 1n, () => `${version} in the list of versions`))
    const { version } = life.pick(kept)
    counted(life.refused(LATE, () => {
      const snapshot = map.at(version)
      const [sum, first] = [sumOf(snapshot), snapshot.get(0)]
      closed(snapshot)
      if (version > 0n) constant(sum, version)
      life.check('snapshot of one instant', map.get(0, { at: version }) === first, () => `get of 0 at ${version}`)
    }))
    counted(life.refused(LATE, () => {
      const deltas = new Map<bigint, number>()
      for (const { version: of, before = 0, after = 0 } of map.changes(version)) deltas.set(of, (deltas.get(of) ?? 0) + after - before)
      for (const [of, delta] of deltas) life.check('changes of a version sum to nothing', delta === 0 || of === 1n, () => `${delta} in version ${of}`)
    }))
  }

  function looks(): void {
    const { versionsKept, liveSnapshots, entries, oldestSnapshotMs, bytes } = map.stats()
    // A thread has one for each commit that is under way, and those that its actors hold.
    life.check('nothing held at rest', liveSnapshots <= 40 * life.seats, () => `${liveSnapshots} snapshots are live`)
    life.check('size exact at rest', versionsKept <= OPTIONS.history + 1 && entries <= ACCOUNTS && oldestSnapshotMs >= 0 && bytes > 0, () => `${versionsKept} versions, ${entries} entries`)
    life.check('size exact at rest', map.size <= ACCOUNTS && map.name === NAME && SnapshotMap.names().includes(NAME) && map.has(ACCOUNTS) === false, () => 'size, name, has')
  }

  return {
    steps: [
      { weight: 30, run: transfer }, { weight: 10, run: transferSync }, { weight: 10, run: transferFrom }, { weight: 2, run: replace }, { weight: 2, run: rollback },
      { weight: 15, run: audit }, { weight: 4, run: lookBack }, { weight: 4, run: looks },
    ],
    rest() {
      for (const snapshot of held.splice(0)) closed({ close: () => (life.chance(0.5) ? snapshot.close() : snapshot[Symbol.dispose]()) })
    },
    agree() {
      const snapshot = map.snapshot()
      constant(sumOf(snapshot), snapshot.version)
      for (const [account, balance] of snapshot) life.check('near agrees with native at rest', map.get(account) === balance, () => `account ${account}`)
      life.check('size exact at rest', snapshot.size === map.size && snapshot.version === map.version, () => `${snapshot.size} of ${map.size}`)
      closed(snapshot)
    },
  }
}
