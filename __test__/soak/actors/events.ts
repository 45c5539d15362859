// A cache whose keys live once: written, replaced, deleted. All threads are told of it, in that order.
import { SharedCache, type CacheEventName } from 'shardmap'
import type { Actor, Life } from '../life.js'

export const NAME = 'events'
/** What a thread that has ended leaves behind goes by its time. */
export const OPTIONS = { max: 500_000, ttl: 10_000 }
const REPLACED = 3
/** Keys of which a thread remembers what it has heard. */
const REMEMBERED = 2_000
const QUIET_MS = 30_000
const LANES = 4

export function events(life: Life): Actor {
  const open = (): SharedCache<[string, number, number], number> => SharedCache.open(NAME)
  const cycles = new Int32Array(life.shared.cycles)
  let cache = open()
  let stops: (() => void)[] = []
  let dropped = 0
  /** Of a key: how often it was replaced; -1: it was deleted. */
  const heard = new Map<string, number>()
  const waiting = new Map<string, (times: number) => void>()
  let failure: unknown

  /** A listener's error would end the thread; it is thrown by the next step. */
  function hear(name: CacheEventName, key: unknown): void {
    const text = String(key)
    const times = heard.get(text)
    try {
      life.check('events in order', times === undefined || (times >= 0 && times <= REPLACED), () => `${name} of ${text} after ${times === -1 ? 'its deletion' : `${times} of replace`}`)
    } catch (error) {
      failure ??= error
    }
    heard.delete(text)
    heard.set(text, name === 'delete' ? -1 : (times ?? 0) + 1)
    if (heard.size > REMEMBERED) heard.delete(heard.keys().next().value!)
    if (name === 'delete') waiting.get(text)?.(times ?? 0)
  }

  /** Anew, on the same handle or on another, which ends the listeners of this one. */
  function listen(): void {
    for (const stop of stops.splice(0)) stop()
    if (life.chance(0.5)) {
      cache.close()
      cache = open()
    }
    // What was told to earlier listeners may have been the beginning of a key, or all of it.
    heard.clear()
    stops = [
      cache.on('replace', ({ key }) => hear('replace', key)), cache.on('delete', ({ key }) => hear('delete', key)),
      cache.on('evict', () => {}), cache.on('expire', () => {}),
      cache.on('dropped', ({ count }) => {
        dropped += count!
        heard.clear()
        for (const told of waiting.values()) told(REPLACED)
      }),
    ]
  }

  async function live(): Promise<void> {
    if (failure !== undefined) throw failure
    if (waiting.size >= LANES) return
    if (stops.length === 0 || (waiting.size === 0 && life.chance(0.1))) listen()
    const key: [string, number, number] = ['cycle', life.seat, Atomics.add(cycles, life.seat, 1)]
    const text = String(key)
    const before = dropped
    let late: NodeJS.Timeout | undefined
    try {
      const told = new Promise<number>((resolve, reject) => {
        waiting.set(text, resolve)
        late = setTimeout(() => reject(new Error(`nothing was heard of ${text}`)), QUIET_MS)
      })
      for (let n = 0; n <= REPLACED; n++) cache.set(key, n, n % 2 ? { tags: [`cycle ${life.seat}`], ttl: QUIET_MS } : { ttl: QUIET_MS })
      cache.delete(key)
      const times = await told
      life.check('events in order', times === REPLACED || dropped !== before, () => `${text} was heard to be replaced ${times} times of ${REPLACED}`)
    } finally {
      clearTimeout(late)
      waiting.delete(text)
    }
  }

  return { steps: [{ weight: 6, run: live }] }
}
