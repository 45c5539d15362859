// What must be refused, with its code, while others work: keys, values, options, names of another kind; and panics, which may come to any thread's call.
import { createRequire } from 'node:module'
import { SharedCache, SharedMap, SnapshotMap, type ErrorCode } from 'shardmap'
import { badKeys } from '../../fixtures/versions.js'
import { isPanic, type Actor, type Life } from '../life.js'
import { tinylfu } from './caches.js'
import { NAME as LEDGER } from './ledger.js'
import { NAME as REGISTERS } from './registers.js'

const binding = createRequire(import.meta.url)('../../../../dist/binding.js').loadBinding() as { panicNext(times?: number): void }
const badValues: (() => unknown)[] = [() => () => 0, () => Symbol('v'), () => ({ in: [() => 0] }), () => Promise.resolve(1), () => new Proxy({}, {}), () => new WeakMap(), () => new SharedArrayBuffer(8)]

export function refusals(life: Life): Actor {
  const map = SharedMap.open<any, any>(REGISTERS)
  const versions = SnapshotMap.open<any, any>(LEDGER)
  const cache = SharedCache.open<any, any>(tinylfu.name)

  const refuses = (code: ErrorCode, what: string, run: () => unknown): void =>
    life.check('error is of its code', life.refused([code], run) === code, () => `${what} was not refused with ${code}`)
  const rejects = async (code: ErrorCode, what: string, run: () => Promise<unknown>): Promise<void> =>
    life.check('error is of its code', (await life.rejected([code], run)) === code, () => `${what} was not refused with ${code}`)

  async function key(): Promise<void> {
    const [label, bad] = life.pick(badKeys)
    const calls: (() => unknown)[] = [
      () => map.get(bad), () => map.set(bad, 1), () => map.has(bad), () => map.increment(bad), () => map.setMany([['never', 1], [bad, 1]]), () => map.deleteMany([bad]),
      () => versions.get(bad), () => versions.commitSync([['never', 1], [bad, 1]]), () => versions.commitSync(tx => tx.set(bad, 1)),
      () => cache.get(bad), () => cache.set(bad, 1), () => cache.getRemainingTTL(bad), () => cache.setMany([['never', 1], [bad, 1]]),
    ]
    refuses('ERR_SHARDMAP_KEY', `a key that is ${label}`, life.pick(calls))
    await rejects('ERR_SHARDMAP_KEY', `a key that is ${label}`, life.pick([() => cache.fetch(bad, () => 1), () => versions.commit([[bad, 1]]), () => versions.lock([bad])]))
    life.fault('key refused')
    life.check('refusal changes nothing', !map.has('never') && !versions.has('never') && !cache.has('never'), () => 'a part of what was refused was written')
  }

  function value(): void {
    const bad = life.pick(badValues)()
    const calls: (() => unknown)[] = [
      () => map.set('never', bad), () => map.update('never', () => bad), () => map.getOrInsert('never', bad), () => map.setMany([['never', 1], ['b', bad]]), () => map.swap('never', bad),
      () => versions.commitSync([['never', 1], ['b', bad]]), () => versions.commitSync(tx => { tx.set('never', bad) }), () => cache.set('never', bad), () => cache.setMany([['never', 1], ['b', bad]]),
    ]
    refuses('ERR_SHARDMAP_VALUE', 'a value', life.pick(calls))
    life.fault('value refused')
    life.check('refusal changes nothing', !map.has('never') && !versions.has('never') && !cache.has('never'), () => 'a value that was refused was written')
  }

  function option(): void {
    const calls: (() => unknown)[] = [
      () => SharedMap.open('never', { shards: 3 }), () => SnapshotMap.open('never', { mode: 'other' as any }), () => SharedCache.open('never'), () => map.batch({ size: -1 }),
      () => map.reserve(-1), () => cache.on('other' as any, () => {}), () => cache.invalidateTag(''), () => cache.set('never', 1, { ttl: 0 }),
    ]
    refuses('ERR_SHARDMAP_OPTION', 'an option', life.pick(calls))
    const others: (() => unknown)[] = [() => SnapshotMap.open(REGISTERS), () => SharedCache.open(LEDGER, { max: 1 }), () => SharedMap.open(tinylfu.name), () => SnapshotMap.open(LEDGER, { history: 1 })]
    refuses('ERR_SHARDMAP_MISMATCH', 'a name of another kind', life.pick(others))
    refuses('ERR_SHARDMAP_VERSION', 'a version that never was', () => versions.exportDelta(versions.version + 1_000_000n))
    life.fault('option refused')
  }

  function handle(): void {
    const closing = SharedMap.open<any, any>(REGISTERS)
    const [a, b] = [SnapshotMap.open<any, any>(LEDGER), SharedCache.open<any, any>(tinylfu.name)]
    for (const one of [closing, a, b]) life.chance(0.5) ? one.close() : one[Symbol.dispose]()
    refuses('ERR_SHARDMAP_CLOSED', 'a closed handle', life.pick([() => closing.get('a'), () => a.snapshot(), () => b.set('a', 1)]))
  }

  /** The next native call, of whichever thread, panics inside. If it is this one it has done nothing. */
  function panic(): void {
    const mine = `panicked ${life.seat}`
    map.delete(mine)
    life.fault('panic asked for')
    binding.panicNext()
    if (life.chance(0.6)) return
    try {
      map.set(mine, 1)
    } catch (error) {
      if (!isPanic(error)) throw error
      life.check('refusal changes nothing', !map.has(mine), () => 'a call that panicked has written')
    }
  }

  return { steps: [{ weight: 3, run: key }, { weight: 3, run: value }, { weight: 2, run: option }, { weight: 3, run: handle }, { weight: 0.5, run: panic }] }
}
