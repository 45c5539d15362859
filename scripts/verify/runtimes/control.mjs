// What a runtime must be able to do by itself, without shardmap: threads that come and go in every way, and an end while they are busy. If this fails, a crash is no word about shardmap.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const ROUNDS = 5
const WAYS = ['ends', 'exits', 'throws', 'is terminated', 'is left']

function live(words, way) {
  parentPort.postMessage('lives')
  for (let i = 0; way.startsWith('is ') || i < 100_000; i++) Atomics.add(words, 0, 1)
  if (way === 'exits') process.exit(0)
  if (way === 'throws') throw new Error('asked for')
}

async function one(words, way) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { words, way } })
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  worker.on('error', (error) => {
    if (way !== 'throws') throw error
  })
  await Promise.race([new Promise((resolve) => worker.once('message', resolve)), ended])
  if (way === 'is left') worker.unref()
  else if (way === 'is terminated') await worker.terminate()
  else await ended
}

if (isMainThread) {
  const words = new Int32Array(new SharedArrayBuffer(4))
  for (let round = 0; round < ROUNDS; round++) await Promise.all(WAYS.slice(0, -1).map((way) => one(words, way)))
  await one(words, 'is left')
  const { versions, arch, platform } = process
  console.log(JSON.stringify({ version: versions.bun ?? versions.deno ?? versions.node, arch, platform }))
  process.exit(0)
} else {
  live(workerData.words, workerData.way)
}
