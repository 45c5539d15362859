// By import.
import { SharedCache, SharedMap, SnapshotMap } from 'shardmap'
import program from './program.cjs'

await program({ SharedCache, SharedMap, SnapshotMap }, new URL(import.meta.url))
