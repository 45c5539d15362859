// The tables that a thread measures: ours, and what people use instead. The primary thread makes and fills them; others join.
import { createRequire } from 'node:module'
import { open as openLmdb } from 'lmdb'
import { LRUCache } from 'lru-cache'
import { SharedMap } from 'shardmap'
import type { KeyType, ValueType } from './data.js'
import type { Methods } from './loops.js'

// Its type declarations do not parse.
interface Peer {
  get(key: string): string | undefined
  set(key: string, value: string | number): void
}
const PeerMap = createRequire(import.meta.url)('sharedmap') as new (maxSize: number, keySize: number, objSize: number) => Peer

export type TableName = 'shardmap' | 'shardmap, near off' | 'Map (a copy per thread)' | 'lru-cache (a copy per thread)' | 'lmdb' | 'sharedmap'

export interface Shape {
  size: number
  keys: KeyType
  values: ValueType
  near: number
}

/** What the primary thread hands to the others: where lmdb keeps its file, and sharedmap's memory. */
export interface Shared {
  lmdbPath: string
  peer?: object
}

export interface Table {
  name: TableName
  table: unknown
  methods: Methods
  close?: () => Promise<void>
}

type Fill = (set: (key: unknown, value: unknown) => void) => void

const WORDS: Methods = { get: 'get', set: 'set' }

/** `join` tells whether the shared tables have been filled by another thread. */
export function openTables(shape: Shape, shared: Shared, fill: Fill, join: boolean): Table[] {
  const tables: Table[] = []
  for (const [name, mapName, near] of [['shardmap', 'bench', shape.near], ['shardmap, near off', 'bench.off', 0]] as const) {
    const map = SharedMap.open<never, unknown>(mapName, { near })
    if (!join) fill((key, value) => map.set(key as never, value))
    tables.push({ name, table: map, methods: WORDS })
  }
  if (shape.keys !== 'tuple' && shape.keys !== 'bytes') {
    const map = new Map<unknown, unknown>()
    fill((key, value) => map.set(key, value))
    tables.push({ name: 'Map (a copy per thread)', table: map, methods: WORDS })
    const lru = new LRUCache<{}, {}>({ max: shape.size * 2 })
    fill((key, value) => lru.set(key as {}, value as {}))
    tables.push({ name: 'lru-cache (a copy per thread)', table: lru, methods: WORDS })
  }
  if (shape.keys !== 'bigint') tables.push(lmdbTable(shape, shared, fill, join))
  if (shape.keys === 'string' && (shape.values === 'string' || shape.values === 'number') && shape.size <= 100_000)
    tables.push(peerTable(shape, shared, fill, join))
  return tables
}

function lmdbTable(shape: Shape, shared: Shared, fill: Fill, join: boolean): Table {
  const encoding = shape.values === 'string' ? 'string' : shape.values === 'bytes' ? 'binary' : 'msgpack'
  const db = openLmdb<unknown, never>({ path: shared.lmdbPath, noSync: true, encoding })
  if (!join) db.transactionSync(() => fill((key, value) => void db.putSync(key as never, value)))
  return { name: 'lmdb', table: db, methods: { get: 'get', set: 'putSync' }, close: () => db.close() }
}

function peerTable(shape: Shape, shared: Shared, fill: Fill, join: boolean): Table {
  if (!join) shared.peer = new PeerMap(Math.ceil(shape.size * 1.25), 16, 208)
  const peer = shared.peer as Peer
  if (join) Object.setPrototypeOf(peer, PeerMap.prototype as object)
  else fill((key, value) => peer.set(key as string, value as string))
  return { name: 'sharedmap', table: peer, methods: WORDS }
}
