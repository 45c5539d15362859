import type { Key } from './types'

/** Every code an error of this package can carry. The Rust side has the same table but for the last, which says that there is none; a test compares them. */
export const errorCodes = [
  'ERR_SHARDMAP_KEY',
  'ERR_SHARDMAP_VALUE',
  'ERR_SHARDMAP_OPTION',
  'ERR_SHARDMAP_FULL',
  'ERR_SHARDMAP_CLOSED',
  'ERR_SHARDMAP_MISMATCH',
  'ERR_SHARDMAP_CONFLICT',
  'ERR_SHARDMAP_VERSION',
  'ERR_SHARDMAP_CORRUPT',
  'ERR_SHARDMAP_LOCKED',
  'ERR_SHARDMAP_IO',
  'ERR_SHARDMAP_TIMEOUT',
  'ERR_SHARDMAP_PANIC',
  'ERR_SHARDMAP_BINARY',
] as const

/** What went wrong, for programs; the message is for people. */
export type ErrorCode =
  | 'ERR_SHARDMAP_KEY'
  | 'ERR_SHARDMAP_VALUE'
  | 'ERR_SHARDMAP_OPTION'
  | 'ERR_SHARDMAP_FULL'
  | 'ERR_SHARDMAP_CLOSED'
  | 'ERR_SHARDMAP_MISMATCH'
  | 'ERR_SHARDMAP_CONFLICT'
  | 'ERR_SHARDMAP_VERSION'
  | 'ERR_SHARDMAP_CORRUPT'
  | 'ERR_SHARDMAP_LOCKED'
  | 'ERR_SHARDMAP_IO'
  | 'ERR_SHARDMAP_TIMEOUT'
  | 'ERR_SHARDMAP_PANIC'
  | 'ERR_SHARDMAP_BINARY'

/** The one error class of this package. A call that throws it has changed nothing. The message says what to do. */
export class ShardmapError extends Error {
  /** Stable across releases; compare this, never the message. */
  readonly code: ErrorCode
  /** The keys concerned, where an operation on several keys can tell them. */
  declare readonly keys?: readonly Key[]

  constructor(code: ErrorCode, message: string, keys?: readonly Key[]) {
    super(message)
    this.code = code
    if (keys !== undefined) this.keys = keys
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'ShardmapError', configurable: true, writable: true })
  }
}

/** What the engine throws where there is no stack left. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.startsWith('Maximum call stack size exceeded')
}
