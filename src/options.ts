import { types } from 'node:util'
import { abortSignal, checked, describe, isWellFormed, oneOf, optionError, path, whole, type Rule } from './rules'
import type { BatchOptions, CommitOptions, LockOptions, SharedMapOptions, SnapshotMapOptions } from './types'

const MAX_ENTRIES = 2 ** 32

const isPowerOfTwo = (value: unknown): boolean => ((value as number) & ((value as number) - 1)) === 0

const mapRules: Record<keyof SharedMapOptions, Rule> = {
  shards: { ok: (value) => whole(2, 65_536).ok(value) && isPowerOfTwo(value), want: 'a power of two from 2 to 65536' },
  expectedEntries: whole(0, MAX_ENTRIES),
  near: whole(0, 2 ** 24 - 1),
  maxEntries: whole(1, Number.MAX_SAFE_INTEGER),
  maxBytes: whole(1, Number.MAX_SAFE_INTEGER),
}

const snapshotMapRules: Record<keyof SnapshotMapOptions, Rule> = {
  history: whole(0, 1_000_000),
  mode: oneOf('delta', 'copy'),
  near: mapRules.near,
  path,
  durability: oneOf('immediate', 'eventual', 'none'),
}

const lockRules: Record<keyof LockOptions, Rule> = {
  leaseMs: whole(1, 2 ** 31 - 1),
  signal: abortSignal,
}

const batchRules: Record<keyof BatchOptions, Rule> = {
  size: whole(1, 1_000_000),
  intervalMs: whole(1, 2 ** 31 - 1),
}

export function mapOptions(options: unknown): SharedMapOptions {
  return checked<SharedMapOptions>('SharedMap.open', options, mapRules)
}

export function batchOptions(options: unknown): Required<BatchOptions> {
  return { size: 64, intervalMs: 10, ...checked<BatchOptions>('batch', options, batchRules) }
}

export function snapshotMapOptions(options: unknown): SnapshotMapOptions {
  return checked<SnapshotMapOptions>('SnapshotMap.open', options, snapshotMapRules)
}

export function lockOptions(options: unknown): LockOptions & { leaseMs: number } {
  return { leaseMs: 30_000, ...checked<LockOptions>('lock', options, lockRules) }
}

const commitRules: Record<keyof CommitOptions, Rule> = {
  signal: lockRules.signal,
  lease: { ok: (value) => typeof value === 'object' && value !== null, want: 'a Lease of this map' },
}

export function commitOptions(options: unknown): CommitOptions {
  return checked<CommitOptions>('commit', options, commitRules)
}

export function bytesGiven(call: string, value: unknown): Uint8Array {
  if (!types.isUint8Array(value)) throw optionError(`${call} takes a Uint8Array, not ${describe(value)}`)
  if (types.isSharedArrayBuffer(value.buffer)) throw optionError(`${call} takes bytes that no other thread can change; copy them first`)
  return value
}

export function leaseTerm(call: string, value: unknown): number {
  if (!lockRules.leaseMs.ok(value)) throw optionError(`${call} takes ${lockRules.leaseMs.want} of milliseconds, not ${describe(value)}`)
  return value as number
}

/** The name of a transaction, if there is one. */
export function transactionId(value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '' && value.length <= 256 && isWellFormed(value))) return value
  throw optionError(`txId must be a string of 1 to 256 characters without a lone surrogate, not ${describe(value)}`)
}

/** A version's number as the native side takes it. */
export function versionNumber(call: string, value: unknown): number {
  if (typeof value !== 'bigint' || value < 0n) throw optionError(`${call} takes a version, a bigint from 0n on, not ${describe(value)}`)
  return Number(value <= Number.MAX_SAFE_INTEGER ? value : Number.MAX_SAFE_INTEGER)
}

export function mapName(name: unknown, kind = 'map'): string {
  if (typeof name !== 'string' || name === '') throw optionError(`the name of a ${kind} must be a string that is not empty, not ${describe(name)}`)
  if (!isWellFormed(name)) throw optionError(`the name of a ${kind} must not hold a lone surrogate`)
  return name
}

export function entryCount(call: string, value: unknown): number {
  const rule = whole(0, MAX_ENTRIES)
  if (!rule.ok(value)) throw optionError(`${call} takes ${rule.want}, not ${describe(value)}`)
  return value as number
}

export function callback(call: string, value: unknown): void {
  if (typeof value !== 'function') throw optionError(`${call} takes a function, not ${describe(value)}`)
}

/** What a many-operation was given, if it can be iterated at all. */
export function iterable<T>(call: string, value: Iterable<T>): Iterable<T> {
  if (typeof (value as Iterable<T> | null | undefined)?.[Symbol.iterator] === 'function') return value
  throw optionError(`${call} takes an iterable, not ${describe(value)}`)
}

/** One entry of what a many-operation was given. */
export function pair<K, V>(call: string, entry: readonly [K, V]): readonly [K, V] {
  if (typeof entry === 'object' && typeof (entry as typeof entry | null)?.[Symbol.iterator] === 'function') return entry
  throw optionError(`${call} takes [key, value] pairs, not ${describe(entry)}`)
}
