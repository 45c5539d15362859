/**
 * Concurrent maps and a cache, shared by all worker threads of a Node.js process.
 *
 * @packageDocumentation
 */
export { ShardmapError } from './errors'
export { SharedCache } from './shared-cache'
export { SharedMap } from './shared-map'
export { SnapshotMap } from './snapshot-map'
export type { ErrorCode } from './errors'
export type {
  CacheEvent,
  CacheEventName,
  CacheSetOptions,
  CacheStats,
  FetchOptions,
  LoadContext,
  SharedCacheOptions,
} from './cache-types'
export type {
  Batch,
  BatchOptions,
  Change,
  CommitOptions,
  CommitRequest,
  Key,
  KeyPart,
  Lease,
  LockOptions,
  MapStats,
  Ms,
  SharedMapOptions,
  Snapshot,
  SnapshotMapOptions,
  SnapshotStats,
  Transaction,
} from './types'
