// The server of a worker thread: answers requests with JSON, and listens where it is told.
import { createServer } from 'node:http'
import { type MessagePort, parentPort } from 'node:worker_threads'

/** Sent to a serving thread: where to listen, or a wish for its report. */
export type ServeOrder = { listen: { port: number } | { fd: number } } | 'report'
/** Sent by it. */
export type ServeNews = { listening: { port: number; fd: number } } | { served: number }

export interface Answer {
  status: number
  body: unknown
}

/** `report` is called before the number of requests is told. */
export function serve(answer: (route: string, term: string) => Answer, report: () => void): void {
  const port = parentPort as MessagePort
  let served = 0
  const server = createServer((request, response) => {
    served++
    const { status, body } = safely(answer, request.url ?? '')
    const text = JSON.stringify(body)
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    response.end(text)
  })
  server.keepAliveTimeout = 60_000
  port.on('message', (order: ServeOrder) => {
    if (order === 'report') {
      report()
      port.postMessage({ served } satisfies ServeNews)
      return
    }
    server.listen(order.listen, () => {
      const address = server.address()
      const handle = (server as unknown as { _handle?: { fd?: number } })._handle
      const listening = { port: typeof address === 'object' && address ? address.port : 0, fd: handle?.fd ?? -1 }
      port.postMessage({ listening } satisfies ServeNews)
    })
  })
}

function safely(answer: (route: string, term: string) => Answer, url: string): Answer {
  const [, route = '', term = ''] = url.split('/')
  try {
    return answer(route, decodeURIComponent(term))
  } catch (error) {
    return { status: 400, body: { error: String(error) } }
  }
}
