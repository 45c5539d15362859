// Hostile receivers and arguments throw; they never crash the process or reach another map.
import test from 'ava'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { MessageChannel, Worker } from 'node:worker_threads'
import { SharedCache, SharedMap, ShardmapError, SnapshotMap } from 'shardmap'
import { fresh } from './fixtures/threads.js'

const open = () => SharedMap.open<any, any>(fresh('receiver')).set('a', { x: 1 })
const openCache = () => SharedCache.open<any, any>(fresh('receiver'), { max: 10 }).set('a', { x: 1 })
const openVersions = () => {
  const map = SnapshotMap.open<any, any>(fresh('receiver'))
  map.commitSync([['a', { x: 1 }]])
  return map
}

/** Things without methods of their own that could stand in for those of a handle. */
const strangers = (whole: object): [string, any][] => [
  ['undefined', undefined], ['null', null], ['a number', 5], ['an object', {}], ['a forged object', Object.create(Object.getPrototypeOf(whole))],
  ['an heir of a handle', Object.create(whole)], ['a Proxy of a handle', new Proxy(whole, {})], ['a class', SharedMap],
  ['a copy', { ...whole }], ['a copy with the prototype', Object.assign(Object.create(Object.getPrototypeOf(whole)), whole)],
]
/** Things that have such methods. */
const relatives = (): any[] => [new Map([['a', 1]]), open(), open().snapshot(), open().batch(), openVersions(), openVersions().snapshot(), openCache()]

function methodsOf(whole: object): [string, (...args: any[]) => any][] {
  const all = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(whole)))
  const symbols: [string, any][] = [['iterator', (whole as any)[Symbol.iterator]], ['dispose', (whole as any)[Symbol.dispose]]]
  return [...all.map(([name, { value, get }]): [string, any] => [name, value ?? get]), ...symbols]
    .filter(([name, method]) => typeof method === 'function' && name !== 'constructor')
}

/** Calls a method with arguments that suit every method, and reads all that it returns. */
async function use(method: (...args: any[]) => any, receiver: unknown): Promise<void> {
  const result = await method.call(receiver, 'a', () => 1, 2)
  if (typeof result === 'object' && result !== null && Symbol.iterator in result) for (const _ of result);
}

const kinds: [string, () => object | Promise<object>][] = [
  ['SharedMap', open], ['a snapshot', () => open().snapshot()], ['a batch', () => open().batch()],
  ['SnapshotMap', openVersions], ['a snapshot of versions', () => openVersions().snapshot()], ['a lease', () => openVersions().lock(['a'])], ['SharedCache', openCache],
]
for (const [kind, make] of kinds) {
  test(`a method of ${kind} on anything that is none throws`, async t => {
    const whole = await make()
    const methods = methodsOf(whole)
    t.true(methods.length >= 4)
    for (const [name, method] of methods) {
      for (const [label, stranger] of strangers(whole)) await t.throwsAsync(() => use(method, stranger), { any: true }, `${name} on ${label}`)
    }
  })

  test(`a method of ${kind} on another kind of map throws or uses what that offers`, async t => {
    const whole = await make()
    for (const [name, method] of methodsOf(whole)) {
      for (const other of relatives().filter(other => other.constructor !== whole.constructor)) {
        try {
          await use(method, other)
        } catch (error) {
          t.true(error instanceof Error, name)
        }
      }
    }
    t.pass()
  })
}

test('a method of a transaction on anything that is none throws', async t => {
  await openVersions().commit(tx => {
    for (const [name, method] of methodsOf(tx)) {
      for (const [label, stranger] of [...strangers(tx), ...relatives().map((other): [string, any] => ['a relative', other])]) {
        t.throws(() => method.call(stranger, 'a', 1), { any: true }, `${name} on ${label}`)
      }
    }
  })
})

test('nobody can make a handle but open, whatever is called with new', t => {
  t.throws(() => new (SharedMap as any)('x'), { any: true })
  t.throws(() => (SharedMap as any)('x'), { any: true })
  t.throws(() => Reflect.construct(SharedMap, ['x'], Map), { any: true })
  t.throws(() => new (SharedCache as any)('x'), { any: true })
  class Mine extends (SharedMap as any) {
    static make() { return new (this as any)('x') }
  }
  t.throws(() => Mine.make(), { any: true })
})

test('native functions on forged receivers work on their own map or throw', t => {
  const binding = createRequire(import.meta.url)('../../dist/binding.js').loadBinding()
  const space = binding.attach(new ArrayBuffer(32 + 65536), ShardmapError)
  const [one, two] = [space.openMap(fresh()), space.openMap(fresh())]
  one.set('k', 1, 1)
  two.set('k', 2, 1)
  const snapshot = one.snapshot()
  space.listen(() => {})
  const versions = space.openVersions(fresh())
  versions.stage('k', 3, 1)
  versions.commit()
  const view = versions.view()
  view.take()
  const cache = space.openCache(fresh(), 10)
  cache.set('k', 4, 1)
  const forged = [undefined, null, {}, two, snapshot, space, versions, view, cache, Object.create(one), new Proxy(one, {}), binding, () => 1]
  for (const receiver of forged) {
    t.is(one.get.call(receiver, 'k'), 1)
    t.is(snapshot.get.call(receiver, 'k'), 1)
    t.is(versions.get.call(receiver, 'k'), 3)
    t.is(view.get.call(receiver, 'k'), 3)
    t.is(cache.get.call(receiver, 'k'), 4)
    for (const owner of [space, one, snapshot, one.writer(), versions, view, cache]) {
      for (const name of Object.keys(owner)) {
        if (typeof owner[name] !== 'function' || ['close', 'clear', 'delete'].includes(name)) continue
        try {
          owner[name].call(receiver)
        } catch (error) {
          t.true(error instanceof Error, `${name}: ${String(error)}`)
        }
      }
    }
  }
  t.is(two.get('k'), 2)
})

test('native functions refuse or survive every hostile argument', async t => {
  // A hostile path may be a good one.
  const [home, folder] = [process.cwd(), mkdtempSync(join(tmpdir(), 'shardmap-hostile-'))]
  process.chdir(folder)
  const binding = createRequire(import.meta.url)('../../dist/binding.js').loadBinding()
  const space = binding.attach(new ArrayBuffer(32 + 65536), ShardmapError)
  const map = space.openMap(fresh())
  const snapshot = map.snapshot()
  const last = 123_456
  const answered = new Promise<unknown[]>(resolve => space.listen((...letter: unknown[]) => { if (letter[1] === last) resolve(letter) }))
  const cache = space.openCache(fresh(), 10)
  const versions = space.openVersions(fresh())
  const held = versions.view()
  held.take()
  const detached = new ArrayBuffer(8)
  const view = new Uint8Array(detached)
  structuredClone(detached, { transfer: [detached] })
  const hostile = [
    undefined, null, NaN, -1, 2 ** 53, 1e308, 1.5, '', 'k', 5n, -(2n ** 200n), true, Symbol('s'), {}, [], [[]], [null], () => 1, new Uint8Array(3), view, detached,
    new SharedArrayBuffer(8), new Uint8Array(new SharedArrayBuffer(8)), new Proxy([], {}), Object.create(null), new Date(), 'x'.repeat(70_000),
  ]
  for (const owner of [space, map, snapshot, map.writer(), versions, held, cache]) {
    for (const name of Object.keys(owner)) {
      if (typeof owner[name] !== 'function' || name === 'close' || name === 'reserve') continue
      for (const first of hostile) {
        for (const second of hostile) {
          try {
            owner[name](first, second, second, first, second)
          } catch (error) {
            t.true(error instanceof Error, `${name}: ${String(error)}`)
          }
        }
      }
    }
  }
  map.unstage()
  map.set('k', 1, 1)
  t.is(map.get('k'), 1)
  versions.unstage()
  versions.stage('k', 1, 1)
  t.true(versions.commit() > 0)
  t.is(versions.get('k'), 1)
  cache.unstage()
  cache.set('k', 1, 1)
  t.is(cache.get('k'), 1)
  process.chdir(home)
  // Files are written in the order of asking.
  cache.dump(last, join(folder, 'last'))
  const awake = setInterval(() => {}, 60_000)
  t.deepEqual(await answered, [0, last, cache.size()])
  clearInterval(awake)
  for (const name of SnapshotMap.names()) if (name === 'k' || name.length > 200) SnapshotMap.destroy(name)
  rmSync(folder, { recursive: true })
})

test('attach refuses a scratch that is too small or none', t => {
  const binding = createRequire(import.meta.url)('../../dist/binding.js').loadBinding()
  for (const scratch of [undefined, null, {}, new ArrayBuffer(0), new ArrayBuffer(31), new SharedArrayBuffer(32 + 65536), new Uint8Array(70_000)]) {
    t.throws(() => binding.attach(scratch, ShardmapError), { any: true }, String(scratch))
  }
})

test('a handle, a snapshot and a batch cannot be sent to another thread', t => {
  const map = open()
  const { port1, port2 } = new MessageChannel()
  const thrown = { name: 'DataCloneError', any: true } as const
  for (const handle of [map, map.snapshot(), map.batch(), openCache()]) {
    for (const message of [handle, { handle }, [[handle]], new Map([[1, handle]])]) {
      t.throws(() => port1.postMessage(message), thrown)
      t.throws(() => structuredClone(message), thrown)
      t.throws(() => new Worker('', { eval: true, workerData: message }), thrown)
    }
  }
  port1.close()
  port2.close()
})

test('inspect shows what a handle is, open, closed and destroyed', t => {
  const name = fresh('shown')
  const map = SharedMap.open<any, any>(name)
  map.setMany(Array.from({ length: 500 }, (_, i) => [`key${i}`, { i }]))
  const shown = inspect(map)
  t.true(shown.includes('SharedMap') && shown.includes(name) && shown.includes('500') && /key\d+/.test(shown), shown)
  t.true(shown.length < 2000, 'a large map is not printed whole')
  const snapshot = map.snapshot()
  const batch = map.batch().set('a', 1)
  t.regex(inspect(snapshot), /500/)
  t.regex(inspect(batch), /1 pending/)
  t.true(inspect({ deep: { map } }).includes(name))
  batch.close()
  t.notThrows(() => inspect(batch))
  SharedMap.destroy(name)
  t.true(inspect(map).includes(name))
  map.close()
  snapshot.close()
  t.regex(inspect(map), /closed/)
  t.notThrows(() => inspect(snapshot))
})
