// A worker thread of the soak. It ends when it is told to, in the way that it is told; most are terminated.
import { access } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { begin, type Lifespan } from '../fixtures/lifespan.js'
import { markDying, type Post } from './life.js'
import { Living } from './living.js'

const { lifespan, ...post } = workerData as Post & { lifespan: Lifespan }
begin(lifespan)
const living = new Living(post)
parentPort!.on('message', way => {
  if (way === 'exit') {
    markDying(post.shared, post.id)
    process.exit()
  }
  living.end()
})
// What the package loads with its first object: the loader of msgpackr-extract opens Node's own file and leaves the closing to the pool of Node, which
// forgets it if the thread ends before a thread of the pool has taken it. That one has been taken when another request, which came later, is done.
createRequire(import.meta.url)('msgpackr')
await access(post.folder)
parentPort!.postMessage({})
try {
  await living.live()
  // Nothing keeps it any more. Deno has no `close` here.
  parentPort!.unref()
} catch (error) {
  parentPort!.postMessage({ failure: (error as Error)?.stack ?? String(error) })
}
