// A worker thread of the soak. It ends when it is told to, in the way that it is told; most are terminated.
import { parentPort, workerData } from 'node:worker_threads'
import { markDying, type Post } from './life.js'
import { Living } from './living.js'

const post = workerData as Post
const living = new Living(post)
parentPort!.on('message', way => {
  if (way === 'exit') {
    markDying(post.shared, post.id)
    process.exit()
  }
  living.end()
})
parentPort!.postMessage({})
try {
  await living.live()
  parentPort!.close()
} catch (error) {
  parentPort!.postMessage({ failure: (error as Error)?.stack ?? String(error) })
}
