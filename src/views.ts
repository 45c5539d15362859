import type { NativeVersions, NativeView } from './native'

/** Native parts of closed snapshots that are kept to be used again. */
const KEPT = 16

/** The native parts of a handle's snapshots: making one takes longer than holding a version with it. */
export class Views {
  readonly #native: NativeVersions
  readonly #idle: NativeView[] = []
  #closed = false

  constructor(native: NativeVersions) {
    this.#native = native
  }

  take(): NativeView {
    return this.#idle.pop() ?? this.#native.view()
  }

  /** Does not throw: what was done with it stands. One that cannot be closed is not used again and lets its version go when it is collected. */
  giveBack(view: NativeView): void {
    try {
      view.close()
    } catch {
      return
    }
    if (!this.#closed && this.#idle.length < KEPT) this.#idle.push(view)
  }

  /** Runs `use` with one. */
  with<T>(use: (view: NativeView) => T): T {
    const view = this.take()
    try {
      return use(view)
    } finally {
      this.giveBack(view)
    }
  }

  close(): void {
    this.#closed = true
    this.#idle.length = 0
  }
}
