// SnapshotMaps of keys that are always written together: in memory in both modes, and in a file that is closed and opened again all the time.
import { join } from 'node:path'
import { SnapshotMap, type Key, type SnapshotMapOptions } from 'shardmap'
import type { Actor, Life } from '../life.js'
import { fits, isPresent, Marks, numberOf, type Mark } from '../marks.js'
import { make, numberIn } from '../parts.js'
import { GROUPS } from '../shared.js'
import { closed } from './register-snapshots.js'

const MEMBERS = 4
type Map = SnapshotMap<Key, unknown>

/** The map of a group is the same in all threads. */
export const maps: readonly { name: string; options: (folder: string) => SnapshotMapOptions }[] = [
  { name: 'groups', options: () => ({ history: 32 }) },
  { name: 'groups copied', options: () => ({ history: 8, mode: 'copy' }) },
  { name: 'groups in a file', options: folder => ({ history: 16, path: join(folder, 'groups') }) },
]
const IN_FILE = 2
/** So many ids of transactions a map remembers. */
const TX_IDS = 10_000
/** As many as each map keeps versions: all of them begin from one. */
const AT_ONCE = 8

/** All the ids that a map remembers, made before memory is measured: it would rise until they are there. */
export async function fillIds(map: Map): Promise<void> {
  for (let i = 0; i < TX_IDS; i += AT_ONCE) {
    const ids = Array.from({ length: AT_ONCE }, (_, n) => `filling ${i + n}`)
    await Promise.all(ids.map(txId => map.tryCommit({ txId, version: map.version, reads: [], writes: [] })))
  }
}

export function groups(life: Life): Actor {
  const { seat } = life
  const marks = new Marks(life.shared.groups, GROUPS)
  const near = life.chance(0.7) ? 64 : 0
  const open = (which: number): Map => SnapshotMap.open(maps[which].name, { ...maps[which].options(life.folder), near })
  const opened = maps.map((_, which) => open(which))
  const writing = new Set<number>()
  const latest = maps.map(() => 0n)

  const placeOf = (of: number, which: number, member: number): number => 20_000 + (of * GROUPS + which) * MEMBERS + member
  const keyOf = (of: number, member: number): Key => (member % 2 ? ['group', of, member] : `group ${of} ${member}`)
  function found(of: number, which: number, member: number, value: unknown): number | undefined {
    if (value === undefined) return undefined
    const n = numberIn(placeOf(of, which, member), value)
    life.check('value whole', n !== undefined, () => `${maps[which].name}, ${of} ${member} has ${String(value)}`)
    return n
  }

  /** A map that was destroyed under its user is opened anew. */
  function onMap<T>(which: number, use: (map: Map) => T): T | undefined {
    let result: T | undefined
    const code = life.refused(['ERR_SHARDMAP_CLOSED', 'ERR_SHARDMAP_LOCKED'], () => { result = use(opened[which]) })
    if (code !== undefined) reopen(which)
    return result
  }

  function reopen(which: number): void {
    closed(opened[which])
    opened[which] = open(which)
    latest[which] = 0n
  }

  async function write(): Promise<void> {
    const which = life.below(GROUPS)
    // One commit at a time: what was written first is first.
    if (writing.has(which)) return
    writing.add(which)
    try {
      const code = await life.rejected(['ERR_SHARDMAP_CLOSED', 'ERR_SHARDMAP_VERSION'], () => commit(which, opened[which]))
      if (code === 'ERR_SHARDMAP_CLOSED') reopen(which)
    } finally {
      writing.delete(which)
    }
  }

  async function commit(which: number, map: Map): Promise<void> {
    const present = life.chance(0.9)
    const n = marks.begin(seat, which, present)
    const writes = Array.from({ length: MEMBERS }, (_, m): [Key, unknown] => [keyOf(seat, m), present ? make(placeOf(seat, which, m), n) : undefined])
    const way = life.below(5)
    let version: bigint
    if (way === 0) version = map.commitSync(writes)
    else if (way < 3) version = await map.commit(writes)
    else if (way === 3) version = await map.commit(tx => writes.forEach(([key, value]) => (value === undefined ? tx.delete(key) : tx.set(key, value))))
    else version = await twice(map, writes)
    marks.done(seat, which)
    life.check('version rises', version > latest[which] && map.version >= version, () => `${maps[which].name}: ${version} after ${latest[which]}, and ${map.version} is the latest`)
    latest[which] = version
    life.check('own write is read', found(seat, which, 0, map.get(keyOf(seat, 0))) === (present ? n : undefined), () => `${maps[which].name} after its commit`)
  }

  /** By an id under which it is made once. */
  async function twice(map: Map, writes: [Key, unknown][]): Promise<bigint> {
    const [txId, from] = [life.fresh('tx'), map.version]
    const ask = (): Promise<bigint> => map.tryCommit({ txId, version: from, reads: [], writes })
    const [first, second] = life.chance(0.5) ? await Promise.all([ask(), ask()]) : [await ask(), await ask()]
    life.check('commit made once', first === second, () => `${txId} was made as ${first} and as ${second}`)
    return first
  }

  /** Key after key: whoever has seen one of a commit sees all of it, or something newer. */
  function read(): void {
    const [of, which] = [life.below(life.seats), life.below(GROUPS)]
    onMap(which, map => {
      const told = marks.told(of, which)
      let before = -1
      const absent = told !== marks.intended(of, which) || !isPresent(told)
      for (let i = 0, m = life.below(MEMBERS); i < MEMBERS; i++, m = (m + 1) % MEMBERS) {
        const n = found(of, which, m, map.get(keyOf(of, m)))
        const kind = which === IN_FILE ? 'nothing acknowledged is lost' : 'write told is read'
        life.check(kind, fits(told, marks.intended(of, which), n), () => `${maps[which].name}: group ${of} is ${n}, told as ${told}, intended as ${marks.intended(of, which)}`)
        life.check('near reads of a commit in order', n === undefined || n >= before, () => `${maps[which].name}: ${n} after ${before} in group ${of}`)
        before = n ?? before
      }
      const has = map.has(keyOf(of, 1))
      // Asked after the read: a commit that began before it may have deleted the key.
      if (!absent && told === marks.intended(of, which)) life.check('write told is read', has, () => `${maps[which].name} has no ${of}`)
    })
  }

  function audit(): void {
    const which = life.below(GROUPS)
    onMap(which, map => {
      const marksOf = (look: 'told' | 'intended'): Mark[] => Array.from({ length: life.seats }, (_, of) => marks[look](of, which))
      const told = marksOf('told')
      const snapshot = map.snapshot()
      const intended = marksOf('intended')
      try {
        for (let of = 0; of < life.seats; of++) {
          const numbers = Array.from({ length: MEMBERS }, (_, m) => found(of, which, m, snapshot.get(keyOf(of, m))))
          life.check('commit whole', numbers.every(n => n === numbers[0]), () => `${maps[which].name}: group ${of} has ${numbers.join(' ')} in version ${snapshot.version}`)
          life.check('snapshot of one instant', fits(told[of], intended[of], numbers[0]), () => `${maps[which].name}: group ${of} is ${numbers[0]}`)
        }
        life.check('snapshot of one instant', [...snapshot.keys()].length === snapshot.size && [...snapshot.values()].length === snapshot.size, () => 'its size')
      } finally {
        closed(snapshot)
      }
    })
  }

  /** Under everybody's feet. */
  function endFile(): void {
    if (SnapshotMap.destroy(maps[IN_FILE].name)) life.fault('map destroyed')
    reopen(IN_FILE)
    life.fault('file reopened')
  }

  return {
    steps: [{ weight: 60, run: write }, { weight: 60, run: read }, { weight: 8, run: audit }, ...(seat === 0 ? [{ weight: 0.15, run: endFile }] : [])],
    agree() {
      for (let which = 0; which < GROUPS; which++) {
        // The handle may be of a map that was destroyed since.
        onMap(which, map => map.version)
        for (let of = 0; of < life.seats; of++) {
          const told = marks.told(of, which)
          if (told !== marks.intended(of, which)) continue
          for (let m = 0; m < MEMBERS; m++) {
            const n = onMap(which, map => found(of, which, m, map.get(keyOf(of, m))))
            life.check('near agrees with native at rest', n === (isPresent(told) ? numberOf(told) : undefined), () => `${maps[which].name}: group ${of} is ${n}, told as ${told}`)
          }
        }
      }
    },
  }
}
