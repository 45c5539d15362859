// node build/bench/binaries.js <times> <before.node> <after.node>: the same calls through two files of the addon, each time in processes of their own, in turn.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { SharedCache, SharedMap, SnapshotMap } from 'shardmap'
import { getLoop, setLoop } from './loops.js'

const SIZE = 2_000
const WARM = 30
const ROUNDS = 150
/** In a child: what it measured, ns an operation, the least of its rounds. */
type Least = Record<string, number>

async function least(run: () => unknown, ops: number): Promise<number> {
  let best = Infinity
  for (let round = -WARM; round < ROUNDS; round++) {
    const begun = process.hrtime.bigint()
    await run()
    if (round >= 0) best = Math.min(best, Number(process.hrtime.bigint() - begun) / ops)
  }
  return best
}

async function measureOne(): Promise<Least> {
  const keys = Array.from({ length: SIZE }, (_, i) => `key:${(i * 7919) % SIZE}`)
  const values = keys.map((_, i) => i)
  const far = SharedMap.open<string, number>('far', { near: 0 })
  const near = SharedMap.open<string, number>('near')
  const versions = SnapshotMap.open<string, number>('versions', { near: 0 })
  const cache = SharedCache.open<string, number>('cache', { max: SIZE * 10, near: 0 })
  for (const [i, key] of keys.entries()) for (const table of [far, near, cache]) table.set(key, i)
  await versions.commit(keys.map((key, i) => [key, i]))
  const all: Record<string, [run: () => unknown, ops?: number]> = {
    'SharedMap get, near cache off': [getLoop('far', far, keys)],
    'near hit': [getLoop('near', near, keys)],
    'snapshot of a SharedMap, get': [getLoop('view', far.snapshot(), keys)],
    'SnapshotMap get, near cache off': [getLoop('latest', versions, keys)],
    'its snapshot, get': [getLoop('version', versions.snapshot(), keys)],
    'SharedCache get, near cache off': [getLoop('cache', cache, keys)],
    'SharedCache set': [setLoop('cache', cache, keys, values)],
    'SharedMap set': [setLoop('far', far, keys, values)],
    'getMany, each': [() => far.getMany(keys)],
    increment: [() => { for (const key of keys) far.increment(key, 1) }],
    'commit of two keys': [() => versions.commit([[keys[0]!, 1], [keys[1]!, 2]]), 1],
  }
  const found: Least = {}
  for (const [name, [run, ops]] of Object.entries(all)) found[name] = await least(run, ops ?? SIZE)
  return found
}

function compare(times: number, files: readonly string[]): void {
  const best = files.map((): Least => ({}))
  for (let time = 0; time < times; time++) {
    for (const turn of files.keys()) {
      const at = (turn + time) % files.length
      const { status, stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url)], {
        env: { ...process.env, SHARDMAP_BINARY: files[at] }, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8',
      })
      if (status !== 0) throw new Error(`with ${files[at]} it ended with ${status}`)
      for (const [name, ns] of Object.entries(JSON.parse(stdout) as Least)) best[at]![name] = Math.min(best[at]![name] ?? Infinity, ns)
    }
  }
  console.log('| operation | before | after | after / before |\n| --- | --- | --- | --- |')
  for (const [name, before] of Object.entries(best[0]!)) {
    const after = best[1]![name]!
    console.log(`| ${name} | ${before.toFixed(1)} | ${after.toFixed(1)} | ${(after / before).toFixed(2)} |`)
  }
}

const [times, ...files] = process.argv.slice(2)
if (times === undefined) console.log(JSON.stringify(await measureOne()))
else if (Number(times) > 0 && files.length === 2) compare(Number(times), files)
else throw new Error('it takes a number of times and two files: node build/bench/binaries.js 4 before.node after.node')
