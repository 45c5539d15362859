/** Reads that met a stale entry, after which it is weighed whether keeping is worth its cost. */
const WINDOW = 1024
const SHORTEST = 1 << 14
const LONGEST = 1 << 20

/**
 * When a near cache rests. Where writers are faster than readers, most of what is kept is stale when it is wanted, and looking and keeping
 * cost more than they save: then reads pass by for a while, twice as long each time in a row.
 */
export class Rest {
  /** Reads that still pass by. */
  left = 0
  #length = SHORTEST
  #stale = 0
  #hitsBefore = 0

  /** Counts a stale entry; whether a rest begins now. `hits`: all there have ever been. */
  isDue(hits: number): boolean {
    if (++this.#stale < WINDOW) return false
    const poor = hits - this.#hitsBefore < WINDOW
    this.#stale = 0
    this.#hitsBefore = hits
    this.left = poor ? this.#length : 0
    this.#length = poor ? Math.min(2 * this.#length, LONGEST) : SHORTEST
    return poor
  }

  /** Ends a rest. The entries kept meanwhile are old: that many stale ones say nothing. */
  end(hits: number, kept: number): void {
    this.left = 0
    this.#stale = -kept
    this.#hitsBefore = hits
  }
}
