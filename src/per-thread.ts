/** What all handles of one map or cache share in a thread. */
export interface Shared {
  resize(limit: number): void
  publish(): void
}

/** What there is one of for each map in this thread, for as long as a handle uses it. */
export class PerThread<T extends Shared> {
  readonly #known = new Map<number, WeakRef<T>>()
  readonly #make: (limit: number | undefined) => T
  readonly #forgotten = new FinalizationRegistry<number>((id) => {
    if (this.#known.get(id)?.deref() === undefined) this.#known.delete(id)
  })
  #atExit = false

  constructor(make: (limit: number | undefined) => T) {
    this.#make = make
  }

  /** That of the map with this id; the latest limit given is in force. */
  of(id: number, limit: number | undefined): T {
    const known = this.#known.get(id)?.deref()
    if (known !== undefined) {
      if (limit !== undefined) known.resize(limit)
      return known
    }
    const made = this.#make(limit)
    this.#known.set(id, new WeakRef(made))
    this.#forgotten.register(made, id)
    // What a thread has counted is known when it has ended in order.
    if (!this.#atExit) process.on('exit', () => this.#publish())
    this.#atExit = true
    return made
  }

  #publish(): void {
    for (const known of this.#known.values()) known.deref()?.publish()
  }
}
