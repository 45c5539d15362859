// Locks on keys: in order, whole, as leases that end.
import test from 'ava'
import { SnapshotMap, type Lease } from 'shardmap'
import { refuses } from './fixtures/codes.js'
import { badKeys, open, rejects } from './fixtures/versions.js'

/** Resolves when the lease has ended, as its signal says. A lease keeps no process alive, so something else must. */
const ended = async (lease: Lease) => {
  const alive = setInterval(() => {}, 2 ** 30)
  await new Promise<void>(resolve => {
    if (lease.signal.aborted) resolve()
    else lease.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  clearInterval(alive)
}
/** Notes, in the order of granting, who was granted. */
const noting = (order: unknown[]) => (name: unknown, wanted: Promise<Lease>) => wanted.then(lease => { order.push(name); return lease })
/** Lets everything run that is due. */
const turns = async () => { for (let i = 0; i < 20; i++) await new Promise(setImmediate) }

test('a lease has its keys, a token that rises and a signal, and ends with its release', async t => {
  const map = open()
  const bytes = new Uint8Array([1])
  const keys = ['a', ['t', 1], bytes]
  const lease = await map.lock(keys as any)
  keys.push('late')
  bytes[0] = 9
  t.deepEqual(lease.keys, ['a', ['t', 1], new Uint8Array([1])])
  t.throws(() => (lease.keys as any[]).push('x'), { instanceOf: TypeError })
  t.is(typeof lease.token, 'bigint')
  t.false(lease.signal.aborted)
  t.true(lease.renew())
  lease.release()
  lease.release()
  lease[Symbol.dispose]()
  t.true(lease.signal.aborted)
  t.is(lease.signal.reason.name, 'AbortError')
  t.false(lease.renew())
  let token: bigint
  {
    using next = await map.lock(['a'])
    t.true(next.token > lease.token)
    token = next.token
  }
  using last = await map.lock(['a'])
  t.true(last.token > token)
})

test('who waits is served in the order of asking', async t => {
  const map = open()
  const order: unknown[] = []
  const note = noting(order)
  const first = await map.lock(['a'])
  const waiting = Array.from({ length: 50 }, async (_, i) => {
    using lease = await note(i, map.lock(['a', ...(i % 3 ? ['b'] : [])]))
    await turns()
    t.false(lease.signal.aborted)
  })
  await turns()
  t.deepEqual(order, [])
  first.release()
  await Promise.all(waiting)
  t.deepEqual(order, [...Array(50).keys()])
})

test('locks of other keys do not wait, and nobody overtakes one that waits for the same key', async t => {
  const map = open()
  const order: unknown[] = []
  const note = noting(order)
  const a = await map.lock(['a'])
  const ab = note('ab', map.lock(['a', 'b']))
  const b = note('b', map.lock(['b']))
  using c = await map.lock(['c'])
  t.truthy(c)
  await turns()
  t.deepEqual(order, [], 'b is wanted by an older one')
  a.release()
  ;(await ab).release()
  ;(await b).release()
  t.deepEqual(order, ['ab', 'b'])
})

test('keys asked for in any order and more than once are one set: no deadlock', async t => {
  const map = open()
  let held = 0
  const philosophers = Array.from({ length: 40 }, async (_, i) => {
    const forks = [i % 5, (i + 1) % 5, i % 5]
    using lease = await map.lock((i % 2 ? forks : forks.reverse()) as any)
    t.is(lease.keys.length, 3)
    t.true(++held <= 2, 'five forks')
    await turns()
    held--
  })
  await Promise.all(philosophers)
  t.is(held, 0)
})

test('keys of different types are different locks', async t => {
  const map = open()
  const keys = ['1', 1, 1n, true, ['1'], [1], new Uint8Array([1]), ['1', 1]]
  const leases = await Promise.all(keys.map(key => map.lock([key])))
  t.is(new Set(leases.map(({ token }) => token)).size, keys.length)
  leases.forEach(lease => lease.release())
})

test('a lease that nobody releases ends by itself: its signal aborts and the next in line is served', async t => {
  const map = open()
  const lease = await map.lock(['a'], { leaseMs: 20 })
  const next = await map.lock(['a'])
  await ended(lease)
  t.is(lease.signal.reason.name, 'AbortError')
  t.false(lease.renew())
  await rejects(t, 'ERR_SHARDMAP_LOCKED', () => map.commit([['a', 1]], { lease }))
  await rejects(t, 'ERR_SHARDMAP_LOCKED', () => map.commit(tx => tx.set('a', 1), { lease }))
  t.is(await map.commit([['a', 1]], { lease: next }), 1n)
  lease.release()
  t.is(await map.commit([['a', 2]], { lease: next }), 2n, 'a late release ends only what is its own')
  next.release()
})

test('leases as short as can be all end, heard of early or late', async t => {
  const map = open()
  const leases = await Promise.all(Array.from({ length: 100 }, (_, i) => map.lock([i % 3], { leaseMs: 1 })))
  await Promise.all(leases.map(ended))
  t.true(leases.every(({ signal }, i) => signal.aborted && (i === 0 || leases[i].token !== leases[i - 1].token)))
})

test('renew lets a lease last from now, longer or shorter', async t => {
  const map = open()
  let long = await map.lock(['long'], { leaseMs: 40 })
  // On a machine that stood still meanwhile it has ended already.
  while (!long.renew(60_000)) long = await map.lock(['long'], { leaseMs: 40 })
  const short = await map.lock(['short'], { leaseMs: 2 ** 31 - 1 })
  t.true(short.renew(20))
  await ended(short)
  const clock = await map.lock(['clock'], { leaseMs: 60 })
  await ended(clock)
  t.false(long.signal.aborted, 'it would have ended by now')
  t.true(long.renew())
  long.release()
})

test('a lock is not re-entrant: who asks again waits for oneself', async t => {
  const map = open()
  const order: unknown[] = []
  const first = await map.lock(['a'])
  const second = noting(order)('second', map.lock(['a']))
  await turns()
  t.deepEqual(order, [])
  first.release()
  ;(await second).release()
})

test('an aborted signal gives up waiting with its reason, and makes room for those behind', async t => {
  const map = open()
  const reason = new Error('mine')
  t.is(await t.throwsAsync(() => map.lock(['a'], { signal: AbortSignal.abort(reason) }), { any: true }), reason)
  const first = await map.lock(['a'])
  const stopping = new AbortController()
  const given = map.lock(['a', 'b'], { signal: stopping.signal })
  const behind = map.lock(['b'])
  await turns()
  stopping.abort(reason)
  t.is(await t.throwsAsync(() => given, { any: true }), reason)
  ;(await behind).release()
  first.release()
  const again = await map.lock(['a', 'b'], { signal: new AbortController().signal })
  stopping.abort()
  t.false(again.signal.aborted, 'a signal means nothing once it is granted')
  again.release()
})

test('a signal aborted in the very moment of the grant leaves no lock behind', async t => {
  const map = open()
  for (let i = 0; i < 200; i++) {
    const first = await map.lock(['a'])
    const stopping = new AbortController()
    const wanted = map.lock(['a'], { signal: stopping.signal })
    if (i % 2) stopping.abort()
    first.release()
    if (i % 4 === 2) await Promise.resolve()
    if (i % 8 === 4) await new Promise(setImmediate)
    stopping.abort()
    await wanted.then(lease => lease.release(), error => t.is(error.name, 'AbortError'))
  }
  using _ = await map.lock(['a'])
})

test('what is no set of keys, no term and no option is refused, and no lock is left', async t => {
  const map = open()
  await rejects(t, 'ERR_SHARDMAP_KEY', () => map.lock([]), 'zero keys')
  for (const [label, key] of badKeys) await rejects(t, 'ERR_SHARDMAP_KEY', () => map.lock(['a', key]), label)
  for (const keys of [undefined, null, 5, {}] as any[]) await rejects(t, 'ERR_SHARDMAP_OPTION', () => map.lock(keys), String(keys))
  for (const leaseMs of [0, -1, 1.5, NaN, Infinity, '5', null, 2 ** 31, 5n] as any[]) {
    await rejects(t, 'ERR_SHARDMAP_OPTION', () => map.lock(['a'], { leaseMs }), `leaseMs ${leaseMs}`)
  }
  for (const options of [5, 'x', { ttl: 1 }, { signal: 5 }] as any[]) await rejects(t, 'ERR_SHARDMAP_OPTION', () => map.lock(['a'], options), JSON.stringify(options))
  const failing = function* () { yield 'a'; throw new RangeError('mine') }
  await t.throwsAsync(() => map.lock(failing()), { instanceOf: RangeError })
  using lease = await map.lock(['a'])
  for (const term of [0, -1, 1.5, NaN, '5', null, 2 ** 31] as any[]) refuses(t, 'ERR_SHARDMAP_OPTION', () => lease.renew(term), `renew ${term}`)
  t.true(lease.renew(undefined))
})

test('reads and commits do not ask for locks, and keys of locks need not exist', async t => {
  const map = open()
  using _ = await map.lock(['a', 'absent'])
  t.is(await map.commit([['a', 1]]), 1n)
  t.is(map.get('a'), 1)
})

test('destroy ends leases and rejects who waits; close of a handle does neither', async t => {
  const map = open()
  const other = SnapshotMap.open<any, any>(map.name)
  const lease = await map.lock(['a'])
  const wanted = map.lock(['a'])
  map.close()
  t.true(lease.renew())
  lease.release()
  const granted = await wanted
  const waiting = other.lock(['a'])
  const rejected = rejects(t, 'ERR_SHARDMAP_CLOSED', () => waiting)
  SnapshotMap.destroy(other.name)
  await rejected
  await ended(granted)
  t.false(granted.renew())
  granted.release()
  t.notThrows(() => lease.release())
  await rejects(t, 'ERR_SHARDMAP_CLOSED', () => other.lock(['a']))
})
