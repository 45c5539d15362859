// A worker thread that answers from the cache, and asks the upstream where the cache says that it is this caller's turn.
import { workerData } from 'node:worker_threads'
import { type Answer, serve } from '../http.js'
import { isRoute, openForecasts, ROUTES } from './forecast.js'
import { loaderFrom } from './source.js'

export interface ForecastsData {
  upstream: number
}

const forecasts = openForecasts()
const load = loaderFrom((workerData as ForecastsData).upstream)

async function answer(route: string, term: string): Promise<Answer> {
  if (route === 'stats') return { status: 200, body: forecasts.stats() }
  if (!isRoute(route)) return { status: 404, body: { error: 'try /steady/1 or /brief/1' } }
  try {
    return { status: 200, body: await forecasts.fetch([route, Number(term)], load, ROUTES[route]) }
  } catch (error) {
    return { status: 502, body: { error: (error as Error).message } }
  }
}

serve(answer, () => {})
