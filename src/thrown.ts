import { types } from 'node:util'
import { decodePart, encode, encodedKind } from './codec'
import { errorCodes, ShardmapError, type ErrorCode } from './errors'
import type { Kind, Raw } from './native'
import type { Key } from './types'

// What a loader throws, for the threads that have waited for it. Reading it may run code of the user, which may throw in turn: what cannot be
// read is left out.

/** Causes and parts of an AggregateError that lie deeper are left out. */
const MAX_DEPTH = 16

const builtIns = { Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError }

/** What was thrown, or the cause of it: an error, or another value as it is. */
type Thrown = { error: Described } | { value: unknown }

interface Described {
  /** The class that makes it anew. */
  type: string
  name: string
  message: string
  stack?: string
  cause?: Thrown
  errors?: Thrown[]
  /** Its own properties. */
  own: Record<string, unknown>
}

/** As it crosses to other threads. */
export function encodeThrown(thrown: unknown): { raw: Raw; kind: Kind } {
  for (const bare of [false, true]) {
    try {
      const raw = encode(describe(thrown, bare, new Set()) ?? unsayable(thrown))
      return { raw, kind: encodedKind }
    } catch {
      // Together the parts are nested too deeply, or differ from one reading to the next.
    }
  }
  const raw = encode(unsayable(thrown))
  return { raw, kind: encodedKind }
}

/** Makes it anew, from what `encodeThrown` gave. */
export function decodeThrown(kind: Kind, raw: Raw): unknown {
  return rebuild(decodePart(kind, raw) as Thrown)
}

/** `bare`: without the properties that are not every error's. `above`: the errors that this one is a cause of. */
function describe(thrown: unknown, bare: boolean, above: Set<unknown>): Thrown | undefined {
  if (!isError(thrown)) return isStorable(thrown) ? { value: thrown } : undefined
  if (above.has(thrown) || above.size === MAX_DEPTH) return undefined
  above.add(thrown)
  const type = typeOf(thrown)
  const described: Described = { type, name: text(thrown, 'name') ?? type, message: text(thrown, 'message') ?? '', own: bare ? {} : ownOf(thrown, type) }
  const stack = read(thrown, 'stack')
  if (typeof stack === 'string') described.stack = stack
  const cause = Object.hasOwn(thrown, 'cause') ? describe(read(thrown, 'cause'), bare, above) : undefined
  if (cause !== undefined) described.cause = cause
  const errors = type === 'AggregateError' ? read(thrown, 'errors') : undefined
  if (Array.isArray(errors)) described.errors = errors.map((error) => describe(error, bare, above) ?? unsayable(error))
  above.delete(thrown)
  return { error: described }
}

function isError(value: unknown): value is Error {
  return types.isNativeError(value) || (typeof value === 'object' && value !== null && !types.isProxy(value) && value instanceof Error)
}

/** The nearest class above it that is known here. */
function typeOf(error: Error): string {
  for (let proto: unknown = error; proto !== null; proto = Object.getPrototypeOf(proto)) {
    const constructor: unknown = Object.getOwnPropertyDescriptor(proto, 'constructor')?.value
    const name = typeof constructor === 'function' ? constructor.name : undefined
    if (name === undefined) continue
    if (name === 'ShardmapError' && !errorCodes.includes(read(error, 'code') as ErrorCode)) continue
    if (name === 'ShardmapError' || name === 'AggregateError' || name === 'DOMException' || Object.hasOwn(builtIns, name)) return name
  }
  return 'Error'
}

function ownOf(error: Error, type: string): Record<string, unknown> {
  const own: Record<string, unknown> = {}
  const put = (key: string, value: unknown): void => void Object.defineProperty(own, key, { value, enumerable: true, configurable: true, writable: true })
  for (const key of Object.keys(error)) {
    if (key === 'stack' || key === 'cause' || (key === 'errors' && type === 'AggregateError')) continue
    const property = Object.getOwnPropertyDescriptor(error, key)
    if (property !== undefined && 'value' in property && isStorable(property.value)) put(key, property.value)
  }
  const code = read(error, 'code')
  if (type !== 'DOMException' && !Object.hasOwn(own, 'code') && (typeof code === 'string' || typeof code === 'number')) put('code', code)
  return own
}

function isStorable(value: unknown): boolean {
  try {
    encode(value)
    return true
  } catch {
    return false
  }
}

function read(error: object, name: string): unknown {
  try {
    return (error as Record<string, unknown>)[name]
  } catch {
    return undefined
  }
}

function text(error: object, name: string): string | undefined {
  const value = read(error, name)
  return typeof value === 'string' ? value : undefined
}

/** What stands for something that other threads cannot have. */
function unsayable(thrown: unknown): Thrown {
  let what = `a ${typeof thrown}`
  try {
    what = String(thrown)
  } catch {
    // It has no text.
  }
  const message = `the loader threw ${what.slice(0, 1000)}, which cannot be given to other threads; throw an Error`
  return { error: { type: 'ShardmapError', name: 'ShardmapError', message, own: { code: 'ERR_SHARDMAP_VALUE' } } }
}

function rebuild(thrown: Thrown): unknown {
  if (!('error' in thrown)) return thrown.value
  const { type, name, message, stack, cause, errors, own } = thrown.error
  const error = make(type, name, message, errors?.map(rebuild) ?? [], own)
  for (const key of Object.keys(own)) define(error, key, own[key], true)
  if (error.name !== name) define(error, 'name', name, false)
  if (stack !== undefined) define(error, 'stack', stack, false)
  if (cause !== undefined) define(error, 'cause', rebuild(cause), false)
  return error
}

function make(type: string, name: string, message: string, errors: unknown[], own: Record<string, unknown>): Error {
  switch (type) {
    case 'ShardmapError':
      return new ShardmapError(own.code as ErrorCode, message, own.keys as readonly Key[] | undefined)
    case 'AggregateError':
      return new AggregateError(errors, message)
    case 'DOMException':
      return new DOMException(message, name)
    default:
      return new (builtIns[type as keyof typeof builtIns] ?? Error)(message)
  }
}

function define(error: Error, name: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, name, { value, enumerable, configurable: true, writable: true })
}
