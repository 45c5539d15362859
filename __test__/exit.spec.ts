// Ends of processes: an orderly one loses nothing acknowledged in any mode, a kill loses no more than the mode allows and never a part of a commit.
import test from 'ava'
import { copyFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { SnapshotMap } from 'shardmap'
import { folder } from './fixtures/files.js'
import { Process, runs } from './fixtures/processes.js'
import { fresh } from './fixtures/threads.js'

const durable = new URL('./fixtures/durable.js', import.meta.url).href
const inWorker = new URL('./fixtures/in-worker.js', import.meta.url).href
const modes = ['immediate', 'eventual', 'none'] as const

/** The version that a file opens at, in which every commit is whole. */
function versionOf(path: string): number {
  const map = SnapshotMap.open<string, number>(fresh(), { path })
  try {
    const { version } = map
    for (let n = 1; n <= 20; n++) if (map.get(`n${n}`) !== (version >= n ? n : undefined)) throw new Error(`n${n} at ${version}`)
    if (map.get('n') !== (version > 0n ? Math.min(Number(version), 20) : undefined)) throw new Error(`n at ${version}`)
    if (map.get('sync') !== (version > 20n ? 1 : undefined)) throw new Error(`sync at ${version}`)
    return Number(version)
  } finally {
    SnapshotMap.destroy(map.name)
  }
}

for (const durability of modes) {
  for (const way of ['ends', 'exit', 'closed', 'throws', 'unawaited', 'in a worker', 'in a worker, exit']) {
    test(`a process that ends in order loses nothing (${durability}, ${way})`, async t => {
      const path = `${folder(t)}/map`
      const args = { path, durability, way }
      const child = way.startsWith('in a worker') ? new Process(inWorker, 'endsInWorker', args) : new Process(durable, 'ends', args)
      t.deepEqual(await child.tells(), { acknowledged: 21 })
      const { code, errors } = await child.ended
      t.is(code, way === 'throws' ? 1 : 0, errors)
      t.is(versionOf(path), way === 'unawaited' ? 22 : 21)
    })
  }

  test(`a process that is killed leaves whole commits (${durability})`, async t => {
    const path = `${folder(t)}/map`
    const child = new Process(durable, 'ends', { path, durability, way: 'killed' })
    const { code, signal } = await child.ended
    // Windows has no signals: a process that kills itself has a code.
    t.deepEqual([code, signal], process.platform === 'win32' ? [1, null] : [null, 'SIGKILL'])
    const version = versionOf(path)
    if (durability === 'immediate') t.is(version, 21)
    else t.true(version <= 21)
    t.is(versionOf(path), version)
  })
}

test('what was acknowledged before it was on disk comes there by itself (eventual)', async t => {
  const path = `${folder(t)}/map`
  const child = new Process(durable, 'ends', { path, durability: 'eventual', way: 'stays' })
  await child.tells()
  for (let version = 0; version < 21;) {
    await wait(10)
    copyFileSync(path, `${path}.copy`)
    try {
      version = versionOf(`${path}.copy`)
    } catch (error: any) {
      // The copy was made while the file was written.
      t.is(error.code, 'ERR_SHARDMAP_CORRUPT')
    }
  }
  child.kill()
  await child.ended
  t.is(versionOf(path), 21)
})

test('a script that only awaits a commit ends when it is made', async t => {
  const path = `${folder(t)}/map`
  t.deepEqual(await runs(durable, 'commitsOnce', { path }), [{ version: 1 }])
  const map = SnapshotMap.open<string, number>(fresh(), { path })
  t.is(map.get('a'), 1)
  SnapshotMap.destroy(map.name)
})
