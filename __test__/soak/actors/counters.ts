// Numbers that all threads add to in every way: never less than what was acknowledged, never more than what was begun.
import { SharedMap } from 'shardmap'
import type { Actor, Life } from '../life.js'
import { COUNTERS } from '../shared.js'

export const NAME = 'counters'
const WAYS = ['increment', 'increment', 'increment by', 'increment by', 'bigint', 'bigint', 'wide bigint', 'update', 'compareAndSet', 'getOrInsert'] as const
/** Beyond 64 bits, where adding takes another way. */
const WIDE = 1n << 90n

/** What was begun and what was acknowledged, of each counter. */
export class Sums {
  readonly #words: BigInt64Array

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new BigInt64Array(buffer)
  }

  begin(i: number, by: bigint): void {
    Atomics.add(this.#words, 2 * i, by)
  }

  done(i: number, by: bigint): void {
    Atomics.add(this.#words, 2 * i + 1, by)
  }

  begun(i: number): bigint {
    return Atomics.load(this.#words, 2 * i)
  }

  acknowledged(i: number): bigint {
    return Atomics.load(this.#words, 2 * i + 1)
  }

  /** While nobody adds: what the counter has is what was added. */
  settle(i: number, value: bigint): void {
    Atomics.store(this.#words, 2 * i, value)
    Atomics.store(this.#words, 2 * i + 1, value)
  }
}

export const nameOf = (i: number): string => `counter ${i} by ${WAYS[i]}`
export const valueOf = (i: number, found: number | bigint | undefined): bigint => (found === undefined ? 0n : BigInt(found) - (WAYS[i] === 'wide bigint' ? WIDE : 0n))

/** Made once, before anybody counts. */
export function prepare(map: SharedMap<string, number | bigint>): void {
  for (let i = 0; i < COUNTERS; i++) if (WAYS[i].endsWith('bigint')) map.getOrInsert(nameOf(i), WAYS[i] === 'wide bigint' ? WIDE : 0n)
}

export function counters(life: Life): Actor {
  const map = SharedMap.open<string, any>(NAME, { near: life.chance(0.7) ? 64 : 0 })
  const sums = new Sums(life.shared.counters)
  const lowest = Array.from({ length: COUNTERS }, () => 0n)

  function add(): void {
    const i = life.below(COUNTERS)
    const [key, way] = [nameOf(i), WAYS[i]]
    const by = way === 'increment' ? 1 : 1 + life.below(3)
    const told = sums.acknowledged(i)
    sums.begin(i, BigInt(by))
    let sum: number | bigint
    if (way === 'increment') sum = map.increment(key)
    else if (way === 'increment by') sum = map.increment(key, by)
    else if (way.endsWith('bigint')) sum = map.increment(key, BigInt(by))
    else if (way === 'update') sum = map.update(key, (n = 0) => n + by)
    else {
      let seen: number | undefined
      do seen = way === 'getOrInsert' ? map.getOrInsert(key, 0) : map.get(key)
      while (!map.compareAndSet(key, seen, (seen ?? 0) + by))
      sum = (seen ?? 0) + by
    }
    sums.done(i, BigInt(by))
    const value = valueOf(i, sum)
    life.check('counter within its writes', value >= told + BigInt(by) && value <= sums.begun(i), () => `${key} gave ${sum}, of ${told} acknowledged before`)
    rises(i, valueOf(i, map.get(key)), value)
  }

  function rises(i: number, value: bigint, least: bigint): void {
    life.check('counter within its writes', value >= least && value >= lowest[i], () => `${nameOf(i)} is ${value} after ${least} and ${lowest[i]}`)
    lowest[i] = value
  }

  function read(): void {
    const i = life.below(COUNTERS)
    const told = sums.acknowledged(i)
    const value = valueOf(i, map.get(nameOf(i)))
    const begun = sums.begun(i)
    life.check('counter within its writes', value >= told && value <= begun, () => `${nameOf(i)} is ${value}, ${told} acknowledged and ${begun} begun`)
    rises(i, value, told)
  }

  return { steps: [{ weight: 250, run: add }, { weight: 250, run: read }] }
}
