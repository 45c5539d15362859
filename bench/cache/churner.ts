// One thread of the churn: some steps, then the event loop, until it is told to end.
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { SharedCache, ShardmapError } from 'shardmap'
import { randomFrom } from '../data.js'

export const NAME = 'churn'
export const BOUNDS = { max: 12_000, maxBytes: 16 * 2 ** 20, maxEntryBytes: 32 * 1024 }

/** Small, so that near caches are soon as large as they get. */
const NEAR = 1_024
const KEYS = 400_000
const TAGS = 500
/** Loads that a thread has on the way. */
const LANES = 32
const STEPS = 200
const TEXT = Buffer.alloc(64 * 1024, 'abcdefghijklmnop').toString('latin1')

async function churn(seed: number): Promise<void> {
  const random = randomFrom(seed + 1)
  const below = (limit: number) => Math.floor(random() * limit)
  const key = () => `key:${Math.floor(KEYS ** random())}`
  /** Mostly small; one in a thousand is beyond what an entry may take. */
  const value = () => (random() < 0.001 ? TEXT : random() < 0.3 ? { id: below(1e6), text: TEXT.slice(0, below(400)) } : TEXT.slice(0, 16 + below(4096)))
  const tags = () => (random() < 0.3 ? [`tag:${below(TAGS)}`, `tag:${below(TAGS)}`] : [])
  let cache = SharedCache.open<string, unknown>(NAME, { near: NEAR })
  let steps = 0
  let loading = 0
  const end = new AbortController()
  parentPort!.once('message', () => end.abort())

  const store = (): void => {
    try {
      cache.set(key(), value(), { ttl: 50 + below(10_000), tags: tags() })
    } catch (error) {
      if ((error as ShardmapError).code !== 'ERR_SHARDMAP_FULL') throw error
    }
  }
  const load = async (): Promise<void> => {
    loading++
    const dice = random()
    const abort = new AbortController()
    const made = cache.fetch(key(), () => loaded(dice, value()), {
      tags: tags(),
      staleWhileRevalidate: dice < 0.5 ? 1_000 : 0,
      ...(dice > 0.9 ? { timeout: 5, signal: abort.signal } : {})
    })
    if (dice > 0.97) abort.abort(new Error('gone'))
    await made.catch(() => {})
    loading--
  }
  const step = (): void => {
    const dice = random()
    if (dice < 0.55) cache.get(key())
    else if (dice < 0.85) store()
    else if (dice < 0.95) {
      if (loading < LANES) void load()
    } else if (dice < 0.98) cache.delete(key())
    else if (dice < 0.99) cache.increment(`count:${below(1_000)}`, 1, { ttl: 100 })
    else if (dice < 0.992) cache.invalidateTag(`tag:${below(TAGS)}`)
    else if (dice < 0.998) {
      const other = cache
      cache = SharedCache.open<string, unknown>(NAME, { near: NEAR })
      other.close()
    } else {
      const stop = cache.on('evict', () => {})
      setImmediate(stop)
    }
  }
  while (!end.signal.aborted) {
    for (let i = 0; i < STEPS; i++) step()
    steps += STEPS
    await new Promise((resolve) => setImmediate(resolve))
  }
  parentPort!.postMessage(steps)
}

/** Most loads succeed, some later; some throw, some never end. */
async function loaded(dice: number, value: unknown): Promise<unknown> {
  if (dice < 0.1) throw new TypeError('the source is down', { cause: new Error('a broken pipe') })
  if (dice > 0.95) return new Promise(() => {})
  if (dice > 0.5) await new Promise((resolve) => setTimeout(resolve, 1))
  return value
}

if (!isMainThread) await churn((workerData as { seed: number }).seed)
