// The package is CommonJS inside, so that a process that imports and requires it has one class and one near cache.
export { SharedCache, SharedMap, ShardmapError, SnapshotMap } from './dist/index.js'
