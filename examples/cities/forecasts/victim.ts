// A worker thread that asks for one forecast and is ended before it has it.
import { workerData } from 'node:worker_threads'
import { openForecasts, ROUTES } from './forecast.js'
import type { ForecastsData } from './serve.js'
import { loaderFrom } from './source.js'

await openForecasts().fetch(['held', 1], loaderFrom((workerData as ForecastsData).upstream), ROUTES.held)
