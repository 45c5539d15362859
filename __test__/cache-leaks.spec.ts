// What nobody waits for any more is freed: loaders, values, signals, listeners, handles.
import test from 'ava'
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'

const path = createRequire(import.meta.url).resolve('shardmap')

/** What `run` returns, in a process of its own. Whatever it gives to `watch` must be collected before that ends. */
async function inProcess(run: (cache: any, tools: Tools) => Promise<unknown>): Promise<{ result: any; left: number }> {
  const code = `
    const { SharedCache } = require(${JSON.stringify(path)})
    const refs = []
    const watch = thing => { refs.push(new WeakRef(thing)); return thing }
    const open = options => SharedCache.open('c', options)
    const run = ${String(run)}
    ;(async () => {
      const cache = SharedCache.open('c', { max: 1000 })
      const result = await run(cache, { watch, open })
      const left = () => refs.filter(ref => ref.deref() !== undefined).length
      // The last of a kind may be kept alive by a register or an inline cache.
      for (let i = 0; i < 300 && left() > 5; i++) {
        // What was looked at lives until the end of its turn.
        await new Promise(setImmediate)
        gc()
      }
      console.log(JSON.stringify({ result, left: left() }))
      process.exit()
    })()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '-e', code], { timeout: 120_000 })
  return JSON.parse(stdout)
}
interface Tools {
  watch<T extends object>(thing: T): T
  open(options?: object): any
}

test.serial('loads that ended in any way leave nothing', async t => {
  const { left, result } = await inProcess(async (cache, { watch }) => {
    for (let i = 0; i < 500; i++) {
      const stop = new AbortController()
      const key = `k${i % 50}`
      const never = () => new Promise(() => {})
      const calls = [
        cache.fetch(key, watch(async () => watch({ i })), { forceRefresh: true }),
        cache.fetch(key, watch(async () => 1), { forceRefresh: true, signal: stop.signal }),
        cache.fetch(`fails ${i}`, watch(async () => { throw watch(new Error('no')) })),
        cache.fetch(`hangs ${i}`, watch(() => never()), { signal: watch(stop).signal }),
        cache.fetch(`hangs ${i}`, watch(async () => 'takes over')),
        cache.fetch(`slow ${i}`, watch(() => never()), { timeout: 5 }),
      ]
      stop.abort()
      await Promise.allSettled(calls)
    }
    const { loads, loadErrors } = cache.stats()
    return { loads, loadErrors }
  })
  t.true(left <= 5, `${left} are left`)
  t.is(result.loadErrors, 500)
})

test.serial('a signal that lives long keeps nothing of the fetches that it was given to', async t => {
  const { left } = await inProcess(async (cache, { watch }) => {
    const { signal } = new AbortController()
    Object.assign(globalThis, { signal })
    for (let i = 0; i < 500; i++) await cache.fetch(`k${i}`, watch(async () => watch({ i })), { signal })
  })
  t.true(left <= 5, `${left} are left`)
})

test.serial('listeners that were stopped and handles that were closed or dropped leave nothing', async t => {
  const { left } = await inProcess(async (cache, { watch, open }) => {
    for (let i = 0; i < 200; i++) {
      const handle = watch(open())
      handle.get('a')
      const stop = handle.on('delete', watch(() => {}))
      if (i % 3 === 0) handle.close()
      else stop()
      handle.fetch('hangs', watch(() => new Promise(() => {}))).catch(() => {})
      if (i % 3 === 1) handle.close()
      else cache.delete('hangs')
      if (i % 3 === 2) await Promise.resolve(handle.fetch(`k${i}`, watch(() => 1)))
      if (i % 3 === 2) handle.close()
      // Some are dropped, open.
      watch(open()).get('b')
    }
  })
  t.true(left <= 5, `${left} are left`)
})

test.serial('listeners of caches that were destroyed leave nothing', async t => {
  const { left } = await inProcess(async (cache, { watch }) => {
    const Cache = cache.constructor
    for (let i = 0; i < 200; i++) {
      Cache.open(`destroyed ${i}`, { max: 1 }).on('delete', watch(() => {}))
      Cache.destroy(`destroyed ${i}`)
    }
  })
  t.true(left <= 5, `${left} are left`)
})

test.serial('a loader that begins the next load, within its own or after it, keeps nothing of those before', async t => {
  const { result } = await inProcess(async (_, { open }) => {
    const cache = open({ near: 0 })
    const last = 2000
    const keyOf = (n: number) => `${n} `.padEnd(20_000, 'x')
    const used = () => {
      ;(globalThis as any).gc()
      return process.memoryUsage().heapUsed
    }
    const before = used()
    const grown: number[] = []
    for (const within of [true, false]) {
      await new Promise<void>(done => {
        const next = (n: number): unknown => cache.fetch(keyOf(n), within ? () => loadWithin(n) : () => loadAfter(n), { forceRefresh: true })
        const end = () => {
          // Whatever the last one keeps is kept still.
          grown.push(used() - before)
          done()
        }
        const loadWithin = async (n: number) => {
          await new Promise(setImmediate)
          if (n === last) end()
          else void next(n + 1)
        }
        const loadAfter = (n: number) => void setImmediate(() => (n === last ? end() : next(n + 1)))
        void next(0)
      })
    }
    return grown
  })
  // All keys would be more than twice as much.
  for (const bytes of result) t.true(bytes < 16_000_000, `${bytes}`)
})
