// Keys that one thread alone writes. It says in shared memory what it is about to write, writes, and says that it has. Whoever reads the key between two looks at
// what was said knows what it may find: at least what had been told when it began, and at most what was intended when it was done.

/** A number, and whether the key is there then. */
export type Mark = number
export const numberOf = (mark: Mark): number => mark >> 1
export const isPresent = (mark: Mark): boolean => (mark & 1) === 1

export class Marks {
  readonly #words: Int32Array
  readonly #perSeat: number

  constructor(buffer: SharedArrayBuffer, perSeat: number) {
    this.#words = new Int32Array(buffer)
    this.#perSeat = perSeat
  }

  /** Announces the next write of a key; gives its number. */
  begin(seat: number, i: number, present: boolean): number {
    const at = this.#at(seat, i)
    const number = numberOf(Atomics.load(this.#words, at)) + 1
    Atomics.store(this.#words, at, (number << 1) | (present ? 1 : 0))
    return number
  }

  /** The write announced last is done. */
  done(seat: number, i: number): void {
    const at = this.#at(seat, i)
    Atomics.store(this.#words, at + 1, Atomics.load(this.#words, at))
  }

  told(seat: number, i: number): Mark {
    return Atomics.load(this.#words, this.#at(seat, i) + 1)
  }

  intended(seat: number, i: number): Mark {
    return Atomics.load(this.#words, this.#at(seat, i))
  }

  #at(seat: number, i: number): number {
    return 2 * (seat * this.#perSeat + i)
  }
}

/** Whether a read may have found this number, or nothing, with `told` before it and `intended` after it. */
export function fits(told: Mark, intended: Mark, found: number | undefined, mayVanish = false): boolean {
  const [first, last] = [numberOf(told), numberOf(intended)]
  if (found === undefined) return mayVanish || !isPresent(told) || !isPresent(intended) || last > first + 1
  if (found < first || found > last) return false
  return (found > first || isPresent(told)) && (found < last || isPresent(intended))
}
