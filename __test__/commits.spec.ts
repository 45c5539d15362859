// A commit is made whole or not at all, whatever is in it.
import test from 'ava'
import { SnapshotMap, type Lease } from 'shardmap'
import { refuses } from './fixtures/codes.js'
import { places, refused } from './fixtures/samples.js'
import { badKeys, contentOf, modes, open, rejects, rejectsAndKeeps, type AnyMap } from './fixtures/versions.js'

const filled = (options = {}) => {
  const map = open(options)
  map.commitSync([['a', 1], ['b', { x: [1] }], [['t', 1], 'tuple']])
  return map
}

/** Every way to write one entry. */
const ways: Record<string, (map: AnyMap, key: any, value: any) => Promise<bigint>> = {
  commit: (map, key, value) => map.commit([['first', 1], [key, value]]),
  commitFn: (map, key, value) => map.commit(tx => { tx.set('first', 1); tx.set(key, value) }),
  commitSync: async (map, key, value) => map.commitSync([['first', 1], [key, value]]),
  commitSyncFn: async (map, key, value) => map.commitSync(tx => { tx.set('first', 1); tx.set(key, value) }),
  tryCommit: (map, key, value) => map.tryCommit({ version: map.version, reads: ['a'], writes: [['first', 1], [key, value]] }),
  replaceAll: (map, key, value) => map.replaceAll([['first', 1], [key, value]]),
}

for (const mode of modes) {
  for (const [way, write] of Object.entries(ways)) {
    test(`${way} makes one version with all of its entries (${mode})`, async t => {
      const map = open({ mode })
      const value = { deep: [{ n: 1 }] }
      t.is(await write(map, ['k', 1], value), 1n)
      t.is(map.version, 1n)
      t.deepEqual(contentOf(map).rows, [[['k', 1], value], ['first', 1]])
      value.deep[0].n = 2
      t.deepEqual(map.get(['k', 1]), { deep: [{ n: 1 }] })
    })

    test(`${way} with a bad key or value rejects and changes nothing (${mode})`, async t => {
      const map = filled({ mode })
      for (const [label, key] of badKeys) await rejectsAndKeeps(t, map, 'ERR_SHARDMAP_KEY', () => write(map, key, 1), `${way}: ${label}`)
      for (const [what, make] of Object.entries(refused)) await rejectsAndKeeps(t, map, 'ERR_SHARDMAP_VALUE', () => write(map, 'a', make()), `${way}: ${what}`)
      for (const [where, place] of Object.entries(places)) await rejectsAndKeeps(t, map, 'ERR_SHARDMAP_VALUE', () => write(map, 'a', place(() => 1)), `${way}: ${where}`)
      t.is(await write(map, 'fine', 1), 2n, 'nothing of what was refused is left behind')
      t.deepEqual([map.get('fine'), map.get('first')], [1, 1])
    })

    test(`${way} takes values whose getters and Proxies use the map (${mode})`, async t => {
      const map = filled({ mode, history: 1000 })
      let calls = 0
      const disturb = () => {
        map.get('b')
        map.has('absent')
        map.commitSync([['inner', { n: ++calls }], ['bytes', new Uint8Array(70_000)]])
        map.commitSync(tx => tx.set('seen', tx.get('inner').n))
        map.commit(tx => tx.set('late', tx.get('inner').n))
        map.snapshot().close()
        return { made: true }
      }
      const hostile = { before: -0, get g() { return disturb() }, after: [new Date(7)] }
      await write(map, 'k', hostile)
      const stored = { before: -0, g: { made: true }, after: [new Date(7)] }
      t.deepEqual(map.get('k'), stored)
      const proxied: any = new Proxy(['p', 1], { get(target, name) { disturb(); return Reflect.get(target, name) } })
      await write(map, proxied, 'by a Proxy')
      t.is(map.get(['p', 1]), 'by a Proxy')
      const failing = { ok: 1, get g(): never { disturb(); throw new RangeError('mine') } }
      await t.throwsAsync(() => write(map, 'k', { failing }), { instanceOf: RangeError, message: 'mine' })
      t.deepEqual(map.get('k'), way === 'replaceAll' ? undefined : stored)
    })
  }

  test(`undefined deletes, the last write of a key counts, and deleting what is absent is a version too (${mode})`, async t => {
    const map = filled({ mode })
    t.is(await map.commit([['a', undefined], ['b', undefined], ['b', 'again'], ['c', 1], ['c', 2], ['d', 1], ['d', undefined]]), 2n)
    t.deepEqual(contentOf(map).rows, [[['t', 1], 'tuple'], ['b', 'again'], ['c', 2]])
    t.is(map.size, 3)
    t.false(map.has('a'))
    t.is(await map.commit([['absent', undefined]]), 3n)
    t.is(await map.commit(tx => tx.delete('absent')), 4n)
    t.is(await map.commit(tx => tx.set('c', undefined)), 5n)
    t.is(map.get('c'), undefined)
    t.is(map.size, 2)
  })
}

test('a commit without writes resolves with the present version and makes none', async t => {
  const map = filled()
  t.is(await map.commit([]), 1n)
  t.is(await map.commit(() => {}), 1n)
  t.is(await map.commit(tx => void tx.get('a')), 1n)
  t.is(map.commitSync(new Map()), 1n)
  t.is(map.commitSync(() => {}), 1n)
  t.is(map.version, 1n)
  t.is(map.versions().length, 2)
})

test('entries of any iterable are taken when the call is made', async t => {
  const map = open()
  const entries = new Map<any, any>([['a', 1]])
  const late = map.commit(entries)
  entries.set('b', 2)
  await late
  t.deepEqual(contentOf(map).rows, [['a', 1]])
  await map.commit((function* () { yield ['c', 3] as const; yield ['d', 4] as const })())
  const key = new Uint8Array([1])
  const bytes = new Uint8Array([5])
  const done = map.commit([[key, bytes], [[key, 1], bytes]])
  key[0] = 9
  bytes[0] = 9
  await done
  t.deepEqual([map.get(new Uint8Array([1])), map.get([new Uint8Array([1]), 1])], [new Uint8Array([5]), new Uint8Array([5])])
  t.is(map.size, 5)
})

test('what is no entries, no function and no request is ERR_SHARDMAP_OPTION, in the name of the call', async t => {
  const map = filled()
  for (const bad of [undefined, null, 5, {}, 'text', [5], ['ab'], [null], [undefined]] as any[]) {
    const label = JSON.stringify(bad)
    for (const [call, run] of [['commit', () => map.commit(bad)], ['replaceAll', () => map.replaceAll(bad)], ['tryCommit', () => map.tryCommit({ version: 1n, writes: bad })]] as const) {
      await rejectsAndKeeps(t, map, 'ERR_SHARDMAP_OPTION', run, `${call} ${label}`)
      t.regex((await rejects(t, 'ERR_SHARDMAP_OPTION', run, label)).message, new RegExp(`^${call}`))
    }
    t.regex(refuses(t, 'ERR_SHARDMAP_OPTION', () => map.commitSync(bad), label).message, /^commitSync/)
  }
  for (const request of [undefined, null, 5, 'x', () => 1, {}] as any[]) await rejects(t, 'ERR_SHARDMAP_OPTION', () => map.tryCommit(request), String(request))
  for (const options of [5, 'x', { ttl: 1 }, { signal: 5 }, { signal: {} }, { lease: 5 }, { lease: {} }] as any[]) {
    await rejectsAndKeeps(t, map, 'ERR_SHARDMAP_OPTION', () => map.commit([['a', 2]], options), JSON.stringify(options))
  }
  for (const bad of [5, {}, 'x', new ArrayBuffer(4), undefined] as any[]) await rejects(t, 'ERR_SHARDMAP_OPTION', () => map.applyDelta(bad), String(bad))
})

test('an iteration that throws commits nothing and its error comes through', async t => {
  const map = filled()
  const failing = function* (): Iterable<[string, number]> { yield ['a', 2]; throw new RangeError('mine') }
  for (const call of [() => map.commit(failing()), () => map.replaceAll(failing()), () => map.tryCommit({ version: 1n, writes: failing() })]) {
    await t.throwsAsync(call, { instanceOf: RangeError, message: 'mine' })
  }
  t.throws(() => map.commitSync(failing()), { instanceOf: RangeError })
  t.deepEqual([map.version, map.get('a')], [1n, 1])
  t.is(await map.commit([['z', 1]]), 2n)
  t.is(map.get('a'), 1)
})

test('an aborted signal rejects with its reason: nothing is committed that was not handed over', async t => {
  const map = filled()
  const reason = new Error('mine')
  const aborted = AbortSignal.abort(reason)
  t.is(await t.throwsAsync(() => map.commit([['a', 2]], { signal: aborted }), { any: true }), reason)
  t.is(await t.throwsAsync(() => map.commit(() => t.fail(), { signal: aborted }), { any: true }), reason)
  const stopping = new AbortController()
  let runs = 0
  const endless = map.commit(tx => {
    tx.set('n', tx.get('a'))
    map.commitSync([['a', runs]])
    if (++runs === 8) stopping.abort(reason)
  }, { signal: stopping.signal })
  t.is(await t.throwsAsync(endless, { any: true }), reason)
  t.is(runs, 8, 'no try follows')
  t.false(map.has('n'))
})

test('a commit under a lease goes through while it lasts, and is ERR_SHARDMAP_LOCKED after', async t => {
  const map = filled()
  const other = open()
  const ways: Record<string, (lease: Lease) => Promise<bigint>> = {
    entries: lease => map.commit([['a', 2]], { lease }), function: lease => map.commit(tx => tx.set('a', 3), { lease }),
  }
  for (const [way, commit] of Object.entries(ways)) {
    const lease = await map.lock(['a'])
    t.is(await commit(lease), map.version, way)
    lease.release()
    await rejectsAndKeeps(t, map, 'ERR_SHARDMAP_LOCKED', () => commit(lease), way)
    using foreign = await other.lock(['a'])
    using _ = await map.lock(['a', 'b'])
    await rejectsAndKeeps(t, map, 'ERR_SHARDMAP_OPTION', () => commit(foreign), `${way} under a lease of another map`)
  }
})

test('many commits at once all resolve, each with a version of its own', async t => {
  const map = open({ history: 0 })
  const versions = await Promise.all(Array.from({ length: 3000 }, (_, i) => (i % 3 ? map.commit([[i, i]]) : map.commit(tx => tx.set(i, i)))))
  t.is(new Set(versions).size, 3000)
  t.deepEqual([map.version, map.size, map.stats().commits], [3000n, 3000, 3000])
  t.is(SnapshotMap.open<any, any>(map.name).get(2999), 2999)
})

test('a large commit crosses whole', async t => {
  const map = open({ history: 0 })
  const count = 120_000
  await map.commit(Array.from({ length: count }, (_, i) => [i, i]))
  t.is(map.size, count)
  await map.commit(tx => { for (let i = 0; i < count; i++) if (tx.get(i) === i) tx.set(i, -i) })
  t.is(map.version, 2n)
  using snapshot = map.snapshot()
  let sum = 0
  for (const value of snapshot.values()) sum += value
  t.is(sum, -(count * (count - 1)) / 2)
})
