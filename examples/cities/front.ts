// Four workers behind one port. The first worker listens; the others listen on its socket, by descriptor, and the kernel hands each
// connection to one of them: no request passes through another thread. Where sockets have no descriptor (Windows), the main thread
// passes connections on instead.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Worker } from 'node:worker_threads'
import type { ServeNews, ServeOrder } from './http.js'

export async function listenTogether(workers: readonly Worker[], port: number): Promise<number> {
  const [first, ...others] = workers
  const socket = await listen(first!, { port })
  if (socket.fd >= 0) {
    // Every worker owns the one descriptor, so none may close it before the process ends.
    await Promise.all(others.map((worker) => listen(worker, { fd: socket.fd })))
    return socket.port
  }
  const rest = await Promise.all(others.map((worker) => listen(worker, { port: 0 })))
  return passOn([socket, ...rest].map((one) => one.port))
}

async function listen(worker: Worker, where: { port: number } | { fd: number }): Promise<{ port: number; fd: number }> {
  worker.postMessage({ listen: where } satisfies ServeOrder)
  const [news] = (await once(worker, 'message')) as [ServeNews]
  if (!('listening' in news)) throw new Error('a server answered out of turn')
  return news.listening
}

async function passOn(ports: readonly number[]): Promise<number> {
  let turn = 0
  const front = createServer((from) => {
    const to = connect(ports[turn++ % ports.length]!)
    from.pipe(to).pipe(from)
    from.on('error', () => to.destroy())
    to.on('error', () => from.destroy())
  })
  front.listen(0)
  await once(front, 'listening')
  return (front.address() as { port: number }).port
}
