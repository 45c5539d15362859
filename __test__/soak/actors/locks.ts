// Leases: whoever has one is alone with its keys, tokens rise, and what ends with its time or its thread is granted to the next.
import { SnapshotMap, type Lease } from 'shardmap'
import { setTimeout as wait } from 'node:timers/promises'
import type { Actor, Life } from '../life.js'
import { LIVES, LOCKS } from '../shared.js'

export const NAME = 'locks'
/** Longer than any thread is kept from running; a release that panics is made up for by its end. */
const LEASE_MS = 20_000
const keyOf = (i: number): string => `lock ${i}`

export function locks(life: Life): Actor {
  const map = SnapshotMap.open<string, number>(NAME)
  const holders = new Int32Array(life.shared.holders)
  const tokens = new BigInt64Array(life.shared.tokens)
  const me = (life.id % LIVES) + 1
  let asked = 0

  function enter(i: number, token: bigint): void {
    const other = Atomics.exchange(holders, i, me)
    life.check('lease exclusive', other === 0 || life.isDying(other - 1), () => `${keyOf(i)} is held by life ${other - 1} too`)
    const before = Atomics.exchange(tokens, i, token)
    life.check('token rises', token > before, () => `token ${token} after ${before} for ${keyOf(i)}`)
  }

  async function work(): Promise<void> {
    // Not re-entrant: one lock at a time of a thread, or two of its steps would wait for each other in turn, and that is no fault of the map.
    if (asked > 2) return
    asked++
    try {
      const mine = [...new Set(Array.from({ length: 1 + life.below(3) }, () => life.below(LOCKS)))]
      const stop = new AbortController()
      const waiting = map.lock(mine.map(keyOf), { signal: stop.signal, leaseMs: LEASE_MS })
      if (life.chance(0.1)) stop.abort()
      const code = await life.rejected(['AbortError'], () => waiting)
      if (code !== undefined) return life.fault('lock aborted')
      const lease = await waiting
      try {
        await held(lease, mine)
      } finally {
        for (const i of mine) Atomics.compareExchange(holders, i, me, 0)
        if (life.chance(0.5)) lease.release()
        else lease[Symbol.dispose]()
      }
      life.check('lease exclusive', lease.signal.aborted, () => 'a released lease has a signal that is not aborted')
    } finally {
      asked--
    }
  }

  async function held(lease: Lease, mine: readonly number[]): Promise<void> {
    for (const i of mine) enter(i, lease.token)
    if (life.chance(0.3)) await map.commit([[`by ${life.seat}`, Number(lease.token)]], { lease })
    if (life.chance(0.3)) await wait(life.below(4))
    if (life.chance(0.1)) life.check('lease exclusive', lease.renew(), () => `a lease of ${LEASE_MS} ms has ended`)
    life.check('lease exclusive', !lease.signal.aborted && lease.keys.length === mine.length, () => `a lease of ${LEASE_MS} ms has ended`)
  }

  /** One that is soon over: its commit is refused, or was made in time. */
  async function runsOut(): Promise<void> {
    const lease = await map.lock([`short ${life.below(2)}`], { leaseMs: 1 + life.below(4) })
    await wait(life.below(8))
    const code = await life.rejected(['ERR_SHARDMAP_LOCKED'], () => map.commit(tx => tx.set('short', Number(lease.token)), { lease }))
    if (code !== undefined) {
      life.fault('lease run out')
      life.check('lease exclusive', !lease.renew(), () => 'a lease that a commit was refused for was renewed')
    }
    lease.release()
  }

  return { steps: [{ weight: 20, run: work }, { weight: 4, run: runsOut }] }
}
