import { types } from 'node:util'
import type { Packr } from 'msgpackr'
import { isStackOverflow, ShardmapError } from './errors'
import { freezeGraph, freezeTree } from './freeze'
import { ABSENT, BYTES, CLONE, data, head, MIXED, PACKED, SCALAR, type Kind, type Raw } from './native'
import { refusal } from './refusal'
import { walk, walkedInstance, walkedKind } from './walk'

let made: Packr | undefined
let cloning: typeof import('./clone') | undefined

/** Loaded with the first object: it takes longer than all the rest of the package, and who keeps numbers and strings never needs it. */
function packr(): Packr {
  return (made ??= newPackr())
}

/** Loaded with the first value that is no plain data, for V8's serializer comes with half a library. */
function clone(): typeof import('./clone') {
  return (cloning ??= require('./clone') as typeof import('./clone'))
}

/** Maps with the shortest header: equal values give equal bytes. Nothing but plain data gets here (see walk.ts). */
function newPackr(): Packr {
  const msgpackr = require('msgpackr') as typeof import('msgpackr')
  return new msgpackr.Packr({ useRecords: false, mapsAsObjects: true, variableMapSize: true, moreTypes: false, int64AsType: 'bigint' })
}

/** What the last `encode` made. Read it at once: the next encode may run inside a user's getter. */
export let encodedKind: Kind = SCALAR
/** Whether the last `decode` gave something that every reader may share. */
export let decodedFrozen = true

/** The value as it crosses: a scalar itself, anything else as bytes. User code (getters) may run inside, and never after. */
export function encode(value: unknown): Raw {
  if (typeof value === 'object' ? value === null : typeof value !== 'function' && typeof value !== 'symbol') {
    encodedKind = SCALAR
    return value
  }
  return encodeObject(value)
}

/** As `encode`, but undefined stands for no entry, as in compareAndSet and update. */
export function encodeOrAbsent(value: unknown): Raw {
  if (value !== undefined) return encode(value)
  encodedKind = ABSENT
  return undefined
}

function encodeObject(value: unknown): Uint8Array {
  if (typeof value !== 'object' || value === null) throw refusal(value)
  if (types.isUint8Array(value)) {
    if (types.isSharedArrayBuffer(value.buffer)) throw refusal(value)
    if (value.byteLength === 0 && isDetached(value)) throw refusal(value, 'its buffer was transferred')
    encodedKind = BYTES
    return value
  }
  const walked = walk(value)
  const kind = walkedKind
  if (kind === PACKED && walkedInstance) clone().toClone(value)
  const bytes = kind === PACKED ? packr().pack(walked) : clone().toClone(walked)
  encodedKind = kind
  return bytes
}

function isDetached(value: Uint8Array): boolean {
  try {
    return new Uint8Array(value).length > value.length
  } catch {
    return true
  }
}

/** Reads the result of a native call that returns a value. `head` must be as that call left it. */
export function decodeResult(raw: Raw): unknown {
  const kind = head[2] as Kind
  return raw === undefined && kind > SCALAR ? decode(kind, data, 0, head[3] as number) : decodePart(kind, raw)
}

/** A scalar, or bytes of their own. */
export function decodePart(kind: Kind, raw: Raw): unknown {
  decodedFrozen = true
  return kind <= SCALAR ? raw : decode(kind, raw as Uint8Array, 0, (raw as Uint8Array).length)
}

/** The bytes of a result that is no scalar, good until the next native call. */
export function resultBytes(raw: Raw): Uint8Array {
  return raw === undefined ? data.subarray(0, head[3]) : (raw as Uint8Array)
}

export function resultLength(raw: Raw): number {
  return raw === undefined ? (head[3] as number) : (raw as Uint8Array).length
}

/** The value in bytes[start, end), deeply frozen where it is plain data. */
export function decode(kind: Kind, bytes: Uint8Array, start: number, end: number): unknown {
  if (kind === BYTES) {
    decodedFrozen = false
    return new Uint8Array(bytes.subarray(start, end))
  }
  try {
    return decodeObject(kind, bytes, start, end)
  } catch (error) {
    throw unreadable(error)
  }
}

function decodeObject(kind: Kind, bytes: Uint8Array, start: number, end: number): unknown {
  if (kind === PACKED) {
    const value = packr().unpack(bytes, start === 0 ? end : { start, end }) as object
    freezeTree(value)
    decodedFrozen = true
    return value
  }
  // V8's deserializer keeps no view of its input, but reads typed data in place: it needs bytes of its own.
  const value = clone().fromClone(new Uint8Array(bytes.subarray(start, end)))
  decodedFrozen = typeof value === 'object' && value !== null && freezeGraph(value) && kind === CLONE
  return value
}

/** What this process has encoded it can decode, if there is stack left; what a file, dump or delta brought may be anything that has a checksum. */
function unreadable(error: unknown): ShardmapError {
  if (error instanceof ShardmapError) return error
  if (isStackOverflow(error)) return new ShardmapError('ERR_SHARDMAP_VALUE', 'there is too little stack left here to read this deeply nested value')
  const message = `this value was not written by shardmap (${(error as Error).message}); take no files, dumps and deltas from who is not trusted, and delete or replace it`
  return new ShardmapError('ERR_SHARDMAP_CORRUPT', message)
}

/**
 * V8 may write one value in two ways (an array that once had room for holes, a number that was a double): comparing needs the form
 * that a decoded value takes.
 */
export function canonical(bytes: Uint8Array): Uint8Array {
  return clone().toClone(clone().fromClone(new Uint8Array(bytes)) as object)
}

export function isCloned(kind: Kind): boolean {
  return kind === CLONE || kind === MIXED
}
