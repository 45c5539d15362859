import { loadBinding } from './binding'
import { ShardmapError } from './errors'
import type { KeyPart } from './types'

// How a value crosses. Scalars cross as they are, all else as bytes.
export const ABSENT = 0
export const SCALAR = 1
/** A top-level Uint8Array. */
export const BYTES = 2
/** Plain data, packed by msgpackr. */
export const PACKED = 3
/** Serialized by V8, and all of it can be frozen. */
export const CLONE = 4
/** Serialized by V8, and some of it cannot be frozen. */
export const MIXED = 5
export type Kind = 0 | 1 | 2 | 3 | 4 | 5

/** A scalar of kind SCALAR, bytes of the other kinds, nothing for ABSENT. */
export type Raw = unknown

export interface NativeReads {
  get(key: unknown): Raw
  has(key: unknown): boolean
  size(): number
  page(cursor: number, prefix?: readonly KeyPart[]): Page
  close(): void
}

/** [next cursor or -1, bytes of all values, then key, kind, value or length in bytes, ...] */
export type Page = [next: number, bytes: Uint8Array | undefined, ...rest: unknown[]]

export interface NativeSnapshot extends NativeReads {
  number: number
  at: number
}

export interface NativeMap extends NativeReads {
  id: number
  set(key: unknown, value: Raw, kind: Kind): void
  delete(key: unknown): boolean
  increment(key: unknown, by?: number | bigint): number | bigint | undefined
  compareAndSet(key: unknown, expected: Raw, expectedKind: Kind, next: Raw, nextKind: Kind): boolean
  swap(key: unknown, value: Raw, kind: Kind): Raw
  getOrInsert(key: unknown, value: Raw, kind: Kind): Raw
  replaceIf(key: unknown, version: number, value: Raw, kind: Kind): boolean
  clear(): void
  reserve(entries: number): void
  stats(): number[]
  countNear(hits: number, absences: number): void
  stage(...writes: unknown[]): void
  apply(): number
  writer(): NativeWriter
  unstage(): void
  readMany(consistent: boolean, ...keys: unknown[]): unknown[]
  snapshot(): NativeSnapshot
}

/** One snapshot of a versioned map: empty until taken, and taken again after it was closed. */
export interface NativeView extends NativeReads {
  /** Holds the latest version, or the newest that is not after the one given: [version, at, size]. */
  take(version?: number): [version: number, at: number, size: number]
  /** Commits what is staged if none of the staged keys was written since. The version, if there is one at once. */
  commit(request: number | undefined, lease?: number): number | undefined
}

export interface NativeVersions {
  id: number
  get(key: unknown): Raw
  has(key: unknown): boolean
  size(): number
  version(): number
  view(): NativeView
  versions(): number[]
  changes(version: number): unknown[]
  stats(): number[]
  stage(...writes: unknown[]): void
  stageKeys(...keys: unknown[]): void
  unstage(): void
  commit(request: number | undefined, lease?: number, txId?: string): number | undefined
  tryCommit(request: number, lease: undefined, txId: string | undefined, version: number): number | undefined
  replaceAll(request: number): number | undefined
  rollback(request: number, version: number): number | undefined
  exportDelta(from: number): Uint8Array
  applyDelta(request: number, delta: Uint8Array): number | undefined
  /** The token of the staged keys, or a negative ticket while others hold them. */
  lock(request: number, leaseMs: number): number
  cancelLock(ticket: number): boolean
  renew(token: number, leaseMs: number): boolean
  release(token: number): boolean
  close(): void
}

/** How `fetch` of a cache was answered: `head[6]`. */
export const HIT = 0
export const WAIT = 1
export const LEAD = 2
/** The old value, and somebody else loads. */
export const STALE = 3
/** The old value, and the caller is to load in the background. */
export const STALE_LEAD = 4

/** A ttl is in milliseconds; Infinity: none, undefined: the cache's. */
export interface NativeCache extends NativeReads {
  id: number
  /** Tickets of near hits, [count, ticket, ...]: every later call of this handle applies and empties them first. */
  touches(ring: ArrayBuffer): void
  touch(): void
  peek(key: unknown): Raw
  set(key: unknown, value: Raw, kind: Kind, ttl?: number, ...tags: string[]): void
  increment(key: unknown, by: number, ttl?: number): number
  delete(key: unknown): boolean
  clear(): void
  remaining(key: unknown): number
  stage(...writes: unknown[]): void
  unstage(): void
  apply(ttl?: number, ...tags: string[]): void
  invalidate(tag: string): number
  stats(): number[]
  fetch(request: number, key: unknown, force: boolean, staleMs: number, ttl?: number, ...tags: string[]): Raw
  /** Whether it was stored. */
  settle(key: unknown, flight: number, value: Raw, kind: Kind): boolean
  /** The old value that answers in place of the error. */
  fail(key: unknown, flight: number, error: Raw, kind: Kind): Raw
  abandon(key: unknown, flight: number): void
  /** Whether the request has waited. Otherwise a letter is under way. */
  leave(key: unknown, request: number): boolean
  /** For events of the kinds, by their bits, of this thread: again replaces. A letter says that `events` has some. */
  listen(request: number, kinds: number): void
  unlisten(): void
  /** [dropped, then kind, cause, key, ...] */
  events(): unknown[]
  dump(request: number, path: string): void
  load(request: number, path: string): void
}

/** Keys of a batch, taken once and written by their numbers. */
export interface NativeWriter {
  key(key: unknown): number
  /** (number, value, kind, ...) in order until the map is full; returns how many were written. */
  write(...triples: unknown[]): number
  forget(): void
}

interface Space {
  openMap(name: string, shards?: number, expectedEntries?: number, maxEntries?: number, maxBytes?: number): NativeMap
  destroyMap(name: string): boolean
  mapNames(): string[]
  openVersions(name: string, history?: number, mode?: string, path?: string, durability?: string): NativeVersions
  destroyVersions(name: string): boolean
  versionsNames(): string[]
  openCache(
    name: string, max?: number, maxBytes?: number, maxEntryBytes?: number, ttl?: number, ttlJitter?: number, updateAgeOnGet?: boolean, allowStale?: boolean,
    policy?: string,
  ): NativeCache
  destroyCache(name: string): boolean
  cacheNames(): string[]
  listen(receive: (...letter: never) => void): void
}

const HEAD_BYTES = 32
const DATA_BYTES = 65_536

const binding = loadBinding()
const scratch = new ArrayBuffer(HEAD_BYTES + DATA_BYTES)

/** Written by every native call that returns a value: [slot, version, kind, length, ticket, deadline, outcome, flight]. Read it before anything else can call again. */
export const head = new Int32Array(scratch, 0, HEAD_BYTES / 4)
/** The bytes of the last value result, when they fit. */
export const data: Uint8Array = Buffer.from(scratch, HEAD_BYTES)
export const space = binding.attach(scratch, ShardmapError) as Space
if (binding.exiting !== undefined) {
  const { isMainThread } = require('node:worker_threads') as typeof import('node:worker_threads')
  if (isMainThread) process.on('exit', () => binding.exiting!())
}

const memory = binding.slotWords()
/** The version words, one that stays 0 and the clock word, the same memory in every thread; undefined where the runtime refuses external memory. */
export const slotWords = memory === null ? undefined : new Int32Array(memory)

/** A second copy has its own maps: the same name would silently mean two tables. */
function warnOfCopies(): void {
  const mark = Symbol.for('shardmap.image')
  const known = globalThis as { [mark]?: string }
  const other = known[mark] !== undefined && known[mark] !== __filename ? known[mark] : binding.otherImages()[0]
  known[mark] ??= __filename
  if (other === undefined) return
  process.emitWarning(
    `This process has loaded two copies of shardmap, and they share no data: ${__filename} and ${other}. Install one (npm dedupe).`,
    { type: 'ShardmapWarning', code: 'SHARDMAP_TWO_COPIES' },
  )
}
warnOfCopies()
