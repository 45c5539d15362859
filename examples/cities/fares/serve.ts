// A worker thread that answers with several fares: /quote from one snapshot, /latest one read after the other.
import { type Answer, serve } from '../http.js'
import { openFares, type Quote } from './fare.js'

const fares = openFares()

function answer(route: string, term: string): Answer {
  const ids = term.split(',').map(Number)
  if (route === 'quote') {
    const snapshot = fares.snapshot()
    const quote: Quote = { version: Number(snapshot.version), ids, fares: ids.map((id) => snapshot.get(id)) }
    snapshot.close()
    return { status: 200, body: quote }
  }
  if (route === 'latest') return { status: 200, body: { version: Number(fares.version), ids, fares: ids.map((id) => fares.get(id)) } satisfies Quote }
  return { status: 404, body: { error: 'try /quote/1,2,3 or /latest/1,2,3' } }
}

serve(answer, () => {})
