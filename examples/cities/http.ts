// The server of a worker thread: answers requests with JSON, and listens where it is told.
import { createServer, type ServerResponse } from 'node:http'
import { type MessagePort, parentPort } from 'node:worker_threads'

/** Sent to a serving thread: where to listen, or a wish for its report. */
export type ServeOrder = { listen: { port: number } | { fd: number } } | 'report'
/** Sent by it. */
export type ServeNews = { listening: { port: number; fd: number } } | { served: number }

export interface Answer {
  status: number
  body: unknown
}

/** At once, or later. */
export type Answering = (route: string, term: string) => Answer | Promise<Answer>

/** `report` is called before the number of requests is told. */
export function serve(answer: Answering, report: () => void): void {
  const port = parentPort as MessagePort
  let served = 0
  const server = createServer((request, response) => {
    served++
    const made = safely(answer, request.url ?? '')
    if (made instanceof Promise) void made.then((later) => send(response, later))
    else send(response, made)
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

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

function safely(answer: Answering, url: string): Answer | Promise<Answer> {
  const [, route = '', term = ''] = url.split('/')
  const refuse = (error: unknown): Answer => ({ status: 400, body: { error: String(error) } })
  try {
    const made = answer(route, decodeURIComponent(term))
    return made instanceof Promise ? made.catch(refuse) : made
  } catch (error) {
    return refuse(error)
  }
}
