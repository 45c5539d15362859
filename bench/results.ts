import type { Awaited } from './bars-peers.js'
import type { Bar } from './bar.js'
import type { CacheResults } from './cache/steps.js'
import type { Machine } from './machine.js'
import type { Rust } from './rust.js'
import type { PointResult } from './sweep.js'
import type { VersionPeers } from './version-peers.js'

export interface Results {
  date: string
  minutes: number
  machine: Machine
  bars: Bar[]
  points: PointResult[]
  versions: VersionPeers
  cache: CacheResults
  awaited: Awaited
  memoryMiB: { shared: number; copies: number; churn: number }
  rust: Rust['groups']
}
