// A function given to commit reads one version, sees its own writes, and runs again when it lost.
import test from 'ava'
import { inspect } from 'node:util'
import { ShardmapError, type Transaction } from 'shardmap'
import { refuses } from './fixtures/codes.js'
import { badKeys, modes, open, rejects, rejectsAndKeeps, type AnyMap } from './fixtures/versions.js'

type Fn = (tx: Transaction<any, any>) => void
/** commit and commitSync in one form. */
const commits: Record<string, (map: AnyMap, fn: Fn) => Promise<bigint>> = {
  commit: (map, fn) => map.commit(fn),
  commitSync: async (map, fn) => map.commitSync(fn),
}

for (const [name, commit] of Object.entries(commits)) {
  for (const mode of modes) {
    test(`${name}: a transaction sees its own writes and one version (${mode})`, async t => {
      const map = open({ mode })
      await map.commit([['a', { n: 1 }], ['gone', 1], [['t', 1], 'tuple']])
      const version = await commit(map, tx => {
        t.is(tx.version, 1n)
        t.deepEqual(tx.get('a'), { n: 1 })
        t.true(Object.isFrozen(tx.get('a')))
        const given = { n: [2] }
        tx.set('a', given)
        given.n.push(3)
        t.deepEqual(tx.get('a'), { n: [2] })
        t.true(Object.isFrozen(tx.get('a').n))
        tx.set('when', new Date(5))
        tx.get('when').setTime(6)
        t.deepEqual(tx.get('when'), new Date(5))
        tx.delete('gone')
        t.is(tx.get('gone'), undefined)
        tx.set('gone', 'back')
        t.is(tx.get('gone'), 'back')
        tx.set(['t', 1], undefined)
        t.is(tx.get(['t', 1]), undefined)
        tx.set(new Uint8Array([1]), new Uint8Array([2]))
        t.deepEqual(tx.get(new Uint8Array([1])), new Uint8Array([2]))
        t.is(map.get('gone'), 1, 'nobody else sees them')
      })
      t.is(version, 2n)
      t.deepEqual([map.get('a'), map.get('gone'), map.get(['t', 1]), map.get('when'), map.get(new Uint8Array([1]))], [{ n: [2] }, 'back', undefined, new Date(5), new Uint8Array([2])])
    })

    test(`${name}: a function that lost to another commit runs again on the new version (${mode})`, async t => {
      const map = open({ mode })
      await map.commit([['n', 1], ['other', 0]])
      const seen: unknown[] = []
      const version = await commit(map, tx => {
        const n = tx.get('n')
        seen.push([tx.version, n])
        if (seen.length < 6) map.commitSync([['n', n * 10]])
        tx.set('n', n + 1)
      })
      t.deepEqual(seen, [1, 10, 100, 1000, 10_000, 100_000].map((n, i) => [BigInt(i + 1), n]))
      t.is(map.get('n'), 100_001)
      t.is(version, 7n)
      t.is(map.stats().conflicts, 5)
    })
  }

  test(`${name}: only keys that were read are conflicts`, async t => {
    const map = open()
    await map.commit([['read', 1], ['written', 1]])
    let runs = 0
    await commit(map, tx => {
      runs++
      tx.get('read')
      tx.set('written', 'mine')
      tx.get('written')
      map.commitSync([['written', 'theirs'], ['unrelated', 1], [['read'], 1]])
    })
    t.is(runs, 1)
    t.is(map.get('written'), 'mine')
  })

  test(`${name}: a key read as absent, changed or deleted meanwhile is a conflict, for every type of key`, async t => {
    for (const key of ['k', 1, 5n, true, ['t', 1], new Uint8Array([3]), ['t', new Uint8Array([4])], 'a\uD800'] as any[]) {
      for (const [before, after] of [[undefined, 1], [1, 2], [1, undefined], [1, 1]]) {
        const map = open()
        await map.commit([[key, before]])
        let runs = 0
        await commit(map, tx => {
          if (runs++ === 0) {
            t.is(tx.get(key), before)
            map.commitSync([[key, after]])
          } else {
            t.is(tx.get(key), after)
          }
          tx.set('done', runs)
        })
        t.is(map.get('done'), 2, inspect([key, before, after]))
      }
    }
  })

  test(`${name}: gives up after a bounded number of tries with ERR_SHARDMAP_CONFLICT, naming the keys`, async t => {
    const map = open({ history: 0 })
    await map.commit([['n', 0], [['t', 1], 0], ['quiet', 0]])
    let runs = 0
    const error = await rejects(t, 'ERR_SHARDMAP_CONFLICT', () => commit(map, tx => {
      tx.get('n')
      tx.get(['t', 1])
      tx.get('quiet')
      map.commitSync([['n', ++runs], [['t', 1], runs]])
      tx.set('mine', 1)
    }))
    t.deepEqual([...error.keys!].sort(), ['n', ['t', 1]].sort())
    t.true(runs > 10 && runs <= 1000, `${runs}`)
    t.false(map.has('mine'))
  })

  test(`${name}: what the function throws comes through, runs it once and commits nothing`, async t => {
    const map = open()
    await map.commit([['a', 1]])
    let runs = 0
    for (const thrown of [new RangeError('mine'), new ShardmapError('ERR_SHARDMAP_CONFLICT', 'the user\'s own'), 'text', undefined]) {
      const caught = await commit(map, tx => {
        runs++
        tx.set('a', 2)
        throw thrown
      }).then(() => t.fail(), (error: unknown) => error)
      t.is(caught, thrown as any)
    }
    t.is(runs, 4)
    t.deepEqual([map.version, map.get('a')], [1n, 1])
    t.is(await map.commit([['b', 1]]), 2n)
    t.is(map.get('a'), 1, 'nothing was left staged')
  })

  test(`${name}: an async function or any thenable is ERR_SHARDMAP_VALUE and commits nothing`, async t => {
    const map = open()
    await map.commit([['a', 1]])
    let dead: unknown
    const asyncs: Record<string, any> = {
      async: async (tx: any) => { tx.set('a', 2) },
      late: async (tx: any) => { tx.set('a', 2); await Promise.resolve(); try { tx.set('a', 3) } catch (error) { dead = error } },
      rejecting: async (tx: any) => { tx.set('a', 2); throw new Error('nobody hears of it') },
      dying: async (tx: any) => { await Promise.resolve(); tx.set('a', 3) },
      thenable: (tx: any) => { tx.set('a', 2); return { then() {} } },
      callable: (tx: any) => { tx.set('a', 2); return Object.assign(() => 1, { then() {} }) },
    }
    for (const [label, fn] of Object.entries(asyncs)) await rejectsAndKeeps(t, map, 'ERR_SHARDMAP_VALUE', () => commit(map, fn), label)
    t.is((dead as ShardmapError).code, 'ERR_SHARDMAP_CLOSED')
    t.is(await commit(map, (() => ({ then: 5 })) as any), 1n, 'no thenable')
  })

  test(`${name}: a transaction is dead once its function has returned or thrown`, async t => {
    const map = open()
    const kept: Transaction<any, any>[] = []
    await commit(map, tx => { kept.push(tx); tx.set('a', 1) })
    await commit(map, tx => { kept.push(tx); tx.set('a', 2); throw new Error('mine') }).catch(() => {})
    let lost = false
    await commit(map, tx => {
      kept.push(tx)
      tx.set('a', tx.get('a') + 1)
      if (!lost) map.commitSync([['a', 5]])
      lost = true
    })
    t.is(kept.length, 4)
    for (const tx of kept) {
      for (const use of [() => tx.version, () => tx.get('a'), () => tx.set('a', 9), () => tx.delete('a')]) refuses(t, 'ERR_SHARDMAP_CLOSED', use)
    }
    t.is(map.get('a'), 6)
  })

  test(`${name}: a bad key or value throws where it is used, and the transaction goes on`, async t => {
    const map = open()
    await map.commit([['a', 1]])
    await commit(map, tx => {
      tx.set('a', 2)
      for (const [label, key] of badKeys) {
        for (const use of [() => tx.get(key), () => tx.set(key, 1), () => tx.delete(key)]) refuses(t, 'ERR_SHARDMAP_KEY', use, label)
      }
      for (const bad of [() => 0, Symbol('v'), { deep: [Promise.resolve()] }, map, tx]) refuses(t, 'ERR_SHARDMAP_VALUE', () => tx.set('a', bad))
      tx.set('b', 3)
    })
    t.deepEqual([map.version, map.get('a'), map.get('b')], [2n, 2, 3])
  })

  test(`${name}: commits made inside the function are made first, by themselves`, async t => {
    const map = open()
    let inner: Promise<bigint> | undefined
    const outer = await commit(map, tx => {
      tx.set('outer', 1)
      inner ??= map.commit(inside => {
        inside.set('inner', inside.get('outer') ?? 'not yet')
        map.commitSync([['innermost', tx.get('outer')]])
      })
      tx.set('outer', 2)
    })
    t.is(await inner, 2n)
    t.is(outer, 3n)
    t.deepEqual([map.get('innermost'), map.get('inner'), map.get('outer')], [1, 'not yet', 2])
  })

  test(`${name}: a handle that is closed, or a map destroyed, by the function rejects with ERR_SHARDMAP_CLOSED`, async t => {
    const map = open()
    await rejects(t, 'ERR_SHARDMAP_CLOSED', () => commit(map, tx => { tx.set('a', 1); map.close() }))
    t.is(map.name, map.name)
  })
}

test('a getter of a value may commit, and the transaction around it is checked as ever', async t => {
  const map = open()
  await map.commit([['a', 1]])
  let runs = 0
  await map.commit(tx => {
    tx.get('a')
    tx.set('v', { get g() { map.commitSync([['a', ++runs]]); return runs < 3 ? 'again' : 'done' } })
    if (runs < 3) return
    tx.set('w', tx.get('v'))
  }).catch(() => {})
  t.true(runs >= 3, 'the write of its own read is a conflict each time')
  t.false(map.has('v'))
})

test('the transactions of one handle, nested and beside each other, keep their reads and writes apart', async t => {
  const map = open()
  await map.commit([['a', 'first']])
  let nested = false
  await map.commit(one => {
    one.set('one', one.get('a'))
    if (!nested) {
      nested = true
      map.commitSync(two => {
        two.set('a', 'second')
        two.set('two', two.get('one') ?? 'not seen')
      })
    }
    one.set('b', 1)
  })
  t.deepEqual([map.get('one'), map.get('two'), map.get('a')], ['second', 'not seen', 'second'])
})
