// A replica that follows the ledger by deltas: at each version it has what the ledger had, or it is told that it cannot follow.
import { SnapshotMap } from 'shardmap'
import type { Actor, Life } from '../life.js'
import { NAME as LEDGER, sumOf, TOTAL } from './ledger.js'
import { closed } from './register-snapshots.js'

export const nameOf = (seat: number): string => `replica ${seat}`

export function deltas(life: Life): Actor {
  const source = SnapshotMap.open<number, number>(LEDGER)
  const name = nameOf(life.seat)
  // What an earlier life of this seat had.
  SnapshotMap.destroy(name)
  let replica = SnapshotMap.open<number, number>(name, { history: 4 })
  let busy = false

  function startAnew(): void {
    SnapshotMap.destroy(name)
    closed(replica)
    replica = SnapshotMap.open(name, { history: 4 })
  }

  async function follow(): Promise<void> {
    if (busy) return
    busy = true
    try {
      const from = replica.version
      let delta: Uint8Array | undefined
      if (life.refused(['ERR_SHARDMAP_VERSION'], () => { delta = source.exportDelta(from) }) !== undefined) {
        life.fault('version no longer kept')
        return startAnew()
      }
      if (life.chance(0.1)) await damaged(delta!)
      const version = await replica.applyDelta(delta!)
      life.check('delta leads to its version', version >= from && replica.version === version, () => `${version} from ${from}, and ${replica.version} is the latest`)
      compare(version)
      if (life.chance(0.1)) startAnew()
    } finally {
      busy = false
    }
  }

  async function damaged(delta: Uint8Array): Promise<void> {
    const broken = delta.slice()
    broken[life.below(broken.length)] ^= 1 << life.below(8)
    const before = replica.version
    const code = await life.rejected(['ERR_SHARDMAP_CORRUPT'], () => replica.applyDelta(broken))
    life.check('refusal changes nothing', code === 'ERR_SHARDMAP_CORRUPT' && replica.version === before, () => 'a damaged delta was applied')
  }

  function compare(version: bigint): void {
    const mine = replica.snapshot()
    const sum = sumOf(mine)
    life.check('money constant', sum === TOTAL || version === 0n, () => `${sum} in the replica's version ${version}`)
    life.refused(['ERR_SHARDMAP_VERSION'], () => {
      const theirs = source.at(version)
      const same = theirs.version === version && theirs.size === mine.size && [...theirs].every(([account, balance]) => mine.get(account) === balance)
      closed(theirs)
      life.check('delta leads to its version', same, () => `the replica differs from version ${version}`)
    })
    closed(mine)
  }

  return { steps: [{ weight: 4, run: follow }] }
}
