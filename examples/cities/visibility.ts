// When was a write seen? The writer numbers its writes of one key of a SharedMap; every server notes when it first reads each number.
// The notes live in one SharedArrayBuffer: the monotonic clock is the same in all threads of a process.

const WRITES = 65_536

export class Visibility {
  readonly buffer: SharedArrayBuffer
  readonly #finished: Int32Array
  readonly #missed: Int32Array
  readonly #writtenAt: Float64Array
  readonly #seenAt: Float64Array[]

  constructor(readonly readers: number, buffer = new SharedArrayBuffer(64 + 8 * WRITES * (readers + 1))) {
    this.buffer = buffer
    this.#finished = new Int32Array(buffer, 0, 1)
    this.#missed = new Int32Array(buffer, 4, 1)
    const column = (i: number) => new Float64Array(buffer, 64 + 8 * WRITES * i, WRITES)
    this.#writtenAt = column(0)
    this.#seenAt = Array.from({ length: readers }, (_, i) => column(i + 1))
  }

  /** Writes the next number with `write`; the write counts as finished when that returned. */
  write(write: (number: number) => void): void {
    const number = this.#finished[0]! + 1
    if (number >= WRITES) return
    write(number)
    this.#writtenAt[number] = now()
    Atomics.store(this.#finished, 0, number)
  }

  /** Reads with `read`. A read that began after a write had finished must see it: one that does not is counted. */
  look(reader: number, last: number, read: () => number): number {
    const finished = Atomics.load(this.#finished, 0)
    const number = read()
    if (number < finished) Atomics.add(this.#missed, 0, 1)
    if (number > last) this.#seenAt[reader]!.fill(now(), last + 1, number + 1)
    return Math.max(last, number)
  }

  get missed(): number {
    return Atomics.load(this.#missed, 0)
  }

  /** Milliseconds from each finished write until the last of the readers had looked and seen it. */
  delays(): number[] {
    const delays: number[] = []
    for (let number = 1; number <= Atomics.load(this.#finished, 0); number++) {
      const seen = this.#seenAt.map((column) => column[number]!)
      if (seen.every((at) => at > 0)) delays.push(Math.max(0, Math.max(...seen) - this.#writtenAt[number]!))
    }
    return delays
  }
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

function now(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000
}
