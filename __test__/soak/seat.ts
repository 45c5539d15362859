// A place in which one worker thread follows another.
import { Worker } from 'node:worker_threads'
import { newLifespan, over } from '../fixtures/lifespan.js'
import { isPanic, markDying, type Post } from './life.js'
import type { Fault, Tally } from './shared.js'

/** Heaps that must collect soon have their size soon. */
const HEAP = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8 }

/** A seat whose threads follow one another. */
export class Seat {
  readonly #post: () => Post
  readonly #tally: Tally
  readonly #fail: (failure: unknown) => void
  #worker: Worker | undefined
  #now: Post
  #expected = false
  #lifespan = newLifespan()
  #loaded: Promise<void> = Promise.resolve()
  #gone: Promise<void> = Promise.resolve()

  /** `post` gives what the next one is to know. */
  constructor(post: () => Post, tally: Tally, fail: (failure: unknown) => void) {
    this.#post = post
    this.#now = post()
    this.#tally = tally
    this.#fail = fail
  }

  bear(): void {
    this.#loaded = new Promise(loaded => {
      this.#gone = new Promise(gone => this.#start(loaded, gone))
    })
  }

  /** A panic that comes to the loading of its modules ends a thread, and the next one takes its place. */
  #start(loaded: () => void, gone: () => void): void {
    this.#now = this.#post()
    this.#expected = false
    this.#lifespan = newLifespan()
    let [begun, panicked] = [false, false]
    const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: { ...this.#now, lifespan: this.#lifespan }, resourceLimits: HEAP })
    this.#worker = worker
    worker.on('error', error => {
      panicked = !begun && isPanic(error)
      if (!panicked) this.#fail(error)
    })
    worker.on('message', ({ failure }) => {
      begun = true
      if (failure === undefined) loaded()
      else this.#fail(failure)
    })
    worker.once('exit', code => {
      if (panicked) {
        this.#tally.add('panic met')
        this.#start(loaded, gone)
        return
      }
      if (!this.#expected) this.#fail(`the thread of seat ${this.#now.seat} ended by itself, with ${code}`)
      gone()
    })
  }

  /** At any instant once its modules are there: Node leaves files open when it ends a thread that is reading them. */
  async end(way: 'terminate' | 'exit' | 'return'): Promise<void> {
    await Promise.race([this.#loaded, this.#gone])
    this.#expected = true
    if (way === 'terminate') {
      markDying(this.#now.shared, this.#now.id)
      await this.#worker!.terminate()
    } else {
      this.#worker!.postMessage(way)
    }
    const fault: Record<typeof way, Fault> = { terminate: 'thread terminated', exit: 'thread exited', return: 'thread returned' }
    this.#tally.add(fault[way])
    await this.#gone
    await over(this.#lifespan)
  }
}
