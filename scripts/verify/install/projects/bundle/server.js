// A server whose pages are made once for all threads; a worker writes to the same map.
import { createServer } from 'node:http'
import { dirname, extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { SharedCache, SharedMap } from 'shardmap'

const hits = SharedMap.open('hits')
const pages = SharedCache.open('pages', { max: 100 })

const server = createServer(async (request, response) => {
  const page = await pages.fetch(request.url, () => `page ${hits.increment('made')}`)
  response.end(JSON.stringify({ page, hits: hits.increment('hits'), worker: hits.get('worker') }))
})

// The worker is a bundle of its own, beside this one.
const [, script] = process.argv
new Worker(join(dirname(script), `worker${extname(script)}`)).on('exit', () => {
  server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`))
})
