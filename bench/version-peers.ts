// What a version costs in one thread with what people use to keep one: copies, and structures that share.
import { enableMapSet, produce } from 'immer'
import { Map as ImmutableMap } from 'immutable'
import { SnapshotMap } from 'shardmap'
import { keysOf, shuffled, valueOf } from './data.js'
import { measure, type Subject, type Timing } from './measure.js'

export const ENTRIES = 100_000

export interface VersionPeers {
  /** Holding a version while the table goes on. */
  hold: Timing[]
  /** A version with one key changed, beside the one before. */
  change: Timing[]
}

const SOME = 16

function holdAndClose(map: SnapshotMap<string, unknown>): void {
  for (let i = 0; i < SOME; i++) map.snapshot().close()
}

export async function versionPeers(): Promise<VersionPeers> {
  const entries = (keysOf('string', ENTRIES) as string[]).map((key, i) => [key, valueOf('object', i)] as const)
  const order = shuffled(entries.map(([key]) => key))
  let at = 0
  const key = () => order[(at = (at + 1) % ENTRIES)]!
  const value = () => valueOf('object', at)

  const trie = SnapshotMap.open<string, unknown>('trie', { near: 0 })
  const flat = SnapshotMap.open<string, unknown>('flat', { near: 0, mode: 'copy' })
  await Promise.all([trie.replaceAll(entries), flat.replaceAll(entries)])
  enableMapSet()
  const plain = new Map(entries)
  let shared = ImmutableMap(entries)
  let drafted: ReadonlyMap<string, unknown> = new Map(entries)

  const hold: Subject[] = [
    { name: 'shardmap', ops: SOME, run: () => holdAndClose(trie) },
    { name: "shardmap, mode: 'copy'", ops: SOME, run: () => holdAndClose(flat) },
    { name: 'a copy of the Map', ops: 1, samples: 2, run: () => new Map(plain) },
    { name: 'structuredClone', ops: 1, samples: 2, run: () => structuredClone(plain) }
  ]
  const change: Subject[] = [
    {
      name: 'shardmap',
      ops: SOME,
      run: async () => {
        for (let i = 0; i < SOME; i++) await trie.commit([[key(), value()]])
      }
    },
    { name: "shardmap, mode: 'copy'", ops: 1, samples: 2, run: () => flat.commit([[key(), value()]]) },
    {
      name: 'Immutable.js',
      ops: SOME,
      run: () => {
        for (let i = 0; i < SOME; i++) shared = shared.set(key(), value())
      }
    },
    {
      name: 'immer',
      ops: 1,
      samples: 2,
      run: () => {
        drafted = produce(drafted as Map<string, unknown>, (draft) => void draft.set(key(), value()))
      }
    },
    { name: 'a copy of the Map', ops: 1, samples: 2, run: () => new Map(plain).set(key(), value()) },
    { name: 'structuredClone', ops: 1, samples: 2, run: () => structuredClone(plain).set(key(), value()) }
  ]
  return { hold: await measure(hold, 5), change: await measure(change, 5) }
}
