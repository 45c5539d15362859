/**
 * A concurrent map shared by all worker threads of a Node.js process.
 *
 * @packageDocumentation
 */
export { ShardmapError } from './errors'
export { SharedMap } from './shared-map'
export type { ErrorCode } from './errors'
export type { Batch, BatchOptions, Key, KeyPart, MapStats, Ms, SharedMapOptions, Snapshot } from './types'
