// What caches are asked for: recorded block references, and generated Zipf and scans. The same as in crates/shardmap-bench/src/caches/loads.rs.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

export type TraceName = (typeof TRACES)[number]

export const TRACES = ['loop', 'multi1', 'zigzag', 'scan', 'zipf', 'scans'] as const

/** Entries of the caches that are compared. The same as in crates/shardmap-bench/examples/curves.rs. */
export function sizesOf(name: TraceName): readonly number[] {
  return name === 'zipf' || name === 'scans' ? [500, 1_000, 2_000, 3_000, 5_000, 7_500, 10_000] : [100, 250, 500, 750, 1_000, 1_500, 2_000]
}

const FOLDER = new URL('../../../bench/traces/', import.meta.url)
const ACCESSES = 1_000_000
const KEYS = 100_000
const EXPONENT = 0.9
/** The first key that is in no other part of a load. */
const STRANGERS = 2 ** 40

export function traceOf(name: TraceName): number[] {
  if (name === 'zipf') return zipf()
  if (name === 'scans') return zipf().map((key, at) => (at % 20_000 < 5_000 ? STRANGERS + at : key))
  const text = gunzipSync(readFileSync(new URL(`${name}.trace.gz`, FOLDER))).toString('latin1')
  // Lines that are no numbers are marks.
  return text.split(/\r?\n/).filter((line) => /^\d+$/.test(line)).map(Number)
}

/** The k-th most frequent key comes in proportion to k to the power of -EXPONENT. */
function zipf(): number[] {
  const sums = new Float64Array(KEYS)
  let sum = 0
  for (let rank = 0; rank < KEYS; rank++) sums[rank] = sum += (rank + 1) ** -EXPONENT
  const fraction = splitmix(42n)
  return Array.from({ length: ACCESSES }, () => placeOf(sums, fraction() * sum))
}

/** The first place whose sum is not below the given one. */
function placeOf(sums: Float64Array, wanted: number): number {
  let [low, high] = [0, sums.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sums[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return low
}

/** Splitmix64 (Steele, Lea and Flood, 2014), from 0 to below 1. */
function splitmix(seed: bigint): () => number {
  const state = new BigUint64Array([seed])
  return () => {
    state[0]! += 0x9e3779b97f4a7c15n
    let mixed = state[0]!
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n)
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn)
    return Number((mixed ^ (mixed >> 31n)) >> 11n) / 2 ** 53
  }
}
