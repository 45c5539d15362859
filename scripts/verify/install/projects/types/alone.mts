// What types say without those of Node: those of browsers have AbortSignal too.
import { SharedMap, SnapshotMap } from 'shardmap'
export const map: Map<string, Uint8Array> = SharedMap.open<string, Uint8Array>('m')
export const version: Promise<bigint> = SnapshotMap.open<string, number>('v').commit([['a', 1]])
