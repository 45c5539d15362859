/**
 * A concurrent map shared by all worker threads of a Node.js process.
 *
 * @packageDocumentation
 */
export { ShardmapError } from './errors'
export { SharedMap } from './shared-map'
export { SnapshotMap } from './snapshot-map'
export type { ErrorCode } from './errors'
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
