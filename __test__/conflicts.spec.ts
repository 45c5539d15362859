// tryCommit: what was worked out from an older version is committed if nobody wrote what it read, and once.
import test from 'ava'
import type { Key } from 'shardmap'
import { together } from './fixtures/threads.js'
import { modes, open, rejects, rejectsAndKeeps, type AnyMap } from './fixtures/versions.js'

const ledger = new URL('./fixtures/ledger.js', import.meta.url).href

/** What happens to the key 'k' between the version that the request was made from and the request. */
const meanwhile: Record<string, { run: (map: AnyMap) => unknown; conflicts: boolean; absent?: boolean }> = {
  nothing: { run: () => {}, conflicts: false },
  'another key written': { run: map => map.commit([['other', 1]]), conflicts: false },
  'written anew': { run: map => map.commit([['k', 'theirs']]), conflicts: true },
  'written with an equal value': { run: map => map.commit([['k', 'old']]), conflicts: true },
  'deleted': { run: map => map.commit([['k', undefined]]), conflicts: true },
  'deleted and written with an equal value': { run: async map => { await map.commit([['k', undefined]]); await map.commit([['k', 'old']]) }, conflicts: true },
  'replaced with all': { run: map => map.replaceAll([['k', 'old']]), conflicts: true },
  'gone by replaceAll': { run: map => map.replaceAll([['other', 1]]), conflicts: true },
  'present where it was absent': { run: map => map.commit([['k', 'theirs']]), conflicts: true, absent: true },
  'absent as it was, others written': { run: map => map.commit([['other', 1]]), conflicts: false, absent: true },
}

for (const mode of modes) {
  for (const [what, { run, conflicts, absent }] of Object.entries(meanwhile)) {
    test(`the key read was ${what}: ${conflicts ? 'a conflict' : 'committed'} (${mode})`, async t => {
      for (const [how, reads] of [['as a read', ['x', 'k']], ['as a write, reads left out', undefined]] as const) {
        const map = open({ mode })
        await map.commit([['k', absent ? undefined : 'old'], ['x', 1]])
        const { version } = map
        await run(map)
        const request = { version, writes: [reads ? ['mine', 1] : ['k', 'mine']] as [string, unknown][], ...(reads && { reads }) }
        if (!conflicts) {
          t.is(await map.tryCommit(request), map.version, how)
          t.is(map.get(reads ? 'mine' : 'k'), reads ? 1 : 'mine')
          continue
        }
        const { conflicts: before } = map.stats()
        let error: any
        await rejectsAndKeeps(t, map, 'ERR_SHARDMAP_CONFLICT', () => map.tryCommit(request).catch(reason => { throw (error = reason) }), how)
        t.deepEqual(error.keys.filter((key: Key) => key === 'k'), ['k'], how)
        t.is(map.stats().conflicts, before + 1)
      }
    })
  }

  test(`a conflict names all keys that lost and no others (${mode})`, async t => {
    const map = open({ mode })
    const keys: Key[] = ['a', 1, 2n, true, ['t', 1], new Uint8Array([1]), 'b', ['quiet']]
    await map.commit(keys.map(key => [key, 0]))
    await map.commit([['a', 1], [['t', 1], 1], [new Uint8Array([1]), undefined], [2n, 1], ['unread', 1]])
    const error = await rejects(t, 'ERR_SHARDMAP_CONFLICT', () => map.tryCommit({ version: 1n, reads: keys, writes: [['mine', 1]] }))
    t.deepEqual(error.keys, ['a', 2n, ['t', 1], new Uint8Array([1])])
    t.is(await map.tryCommit({ version: 1n, reads: [1, true, 'b', ['quiet']], writes: [['a', 'blind']] }), 3n)
    t.is(await map.tryCommit({ version: 1n, reads: [], writes: [['a', 'blind again']] }), 4n)
  })

  test(`a version that is not kept, or not there yet, is ERR_SHARDMAP_VERSION (${mode})`, async t => {
    const map = open({ mode, history: 3 })
    for (let i = 1; i <= 10; i++) await map.commit([['n', i]])
    for (const version of [0n, 1n, 6n, 11n, 2n ** 60n]) {
      await rejectsAndKeeps(t, map, 'ERR_SHARDMAP_VERSION', () => map.tryCommit({ version, reads: [], writes: [['a', 1]] }), `${version}`)
    }
    t.is(await map.tryCommit({ version: 7n, reads: ['absent'], writes: [['a', 1]] }), 11n)
  })
}

test('a txId counts once: asked for again it resolves with the version it had, whatever was written since', async t => {
  const map = open({ history: 1 })
  await map.commit([['n', 0]])
  const request = { txId: 'order 17', version: 1n, reads: ['n'], writes: [['n', 1]] as [string, number][] }
  t.is(await map.tryCommit(request), 2n)
  for (let i = 0; i < 5; i++) await map.commit([['n', 'theirs']])
  t.is(await map.tryCommit(request), 2n, 'before it is looked at whether it conflicts or its version is kept')
  t.is(await map.tryCommit({ ...request, writes: [['n', 'other']] }), 2n)
  t.deepEqual([map.version, map.get('n')], [7n, 'theirs'])
})

test('a txId that was refused has not counted', async t => {
  const map = open()
  await map.commit([['n', 0]])
  await map.commit([['n', 1]])
  const request = { txId: 'refused', version: 1n, reads: ['n'], writes: [['n', 2]] as [string, number][] }
  await rejects(t, 'ERR_SHARDMAP_CONFLICT', () => map.tryCommit(request))
  t.is(await map.tryCommit({ ...request, version: 2n }), 3n)
  t.is(await map.tryCommit(request), 3n)
})

test('the same txId asked for many times at once is one commit', async t => {
  const map = open()
  const versions = await Promise.all(Array.from({ length: 200 }, (_, i) => map.tryCommit({ txId: `tx ${i % 2}`, version: 0n, reads: [], writes: [[i % 2, 1]] })))
  t.deepEqual(new Set(versions), new Set([1n, 2n]))
  t.deepEqual([map.version, map.size], [2n, 2])
})

test('threads that ask for the same txIds agree on the versions', async t => {
  const map = open({ history: 1000 })
  const ids = Array.from({ length: 300 }, (_, i) => `tx ${i}`)
  const results = await together(ledger, 'asksAll', Array.from({ length: 3 }, () => ({ name: map.name, ids })))
  for (const versions of results) t.deepEqual(versions, results[0])
  t.is(new Set(results[0]).size, ids.length)
  t.deepEqual([map.version, map.size], [300n, 300])
})

test('the last 10,000 txIds are remembered', async t => {
  const map = open({ history: 0 })
  const ask = (i: number) => map.tryCommit({ txId: `tx ${i}`, version: map.version, reads: [], writes: [['n', i]] })
  for (let i = 0; i <= 10_000; i++) await ask(i)
  t.is(await ask(1), 2n)
  t.is(await ask(10_000), 10_001n)
  t.is(await ask(0), 10_002n, 'the oldest is forgotten')
})

test('a txId that is none is ERR_SHARDMAP_OPTION', async t => {
  const map = open()
  for (const txId of ['', 5, null, {}, 'x'.repeat(257)] as any[]) {
    await rejects(t, 'ERR_SHARDMAP_OPTION', () => map.tryCommit({ txId, version: 0n, writes: [['a', 1]] }), String(txId))
  }
  t.is(await map.tryCommit({ txId: 'Ж'.repeat(256), version: 0n, writes: [['a', 1]] }), 1n)
})

test('a request without writes or reads is a version of its own, or a check', async t => {
  const map = open()
  await map.commit([['a', 1]])
  await map.commit([['a', 2]])
  await rejects(t, 'ERR_SHARDMAP_CONFLICT', () => map.tryCommit({ version: 1n, reads: ['a'], writes: [] }))
  t.true((await map.tryCommit({ version: 2n, reads: ['a'], writes: [] })) >= 2n)
})
