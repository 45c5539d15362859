// The load generator of the forecasts: a process of its own that verifies every answer.
import autocannon from 'autocannon'
import { type Forecast, forecastOf } from './forecast.js'

export interface ForecastsReport {
  requestsPerSecond: number
  p50: number
  p99: number
  max: number
  answers: number
  /** Callers that were told of the upstream's failure, in its own words. */
  told: number
  wrong: number
  errors: number
  firstWrong?: string
}

const [url = '', route = '', cities = '1', seconds = '3'] = process.argv.slice(2)
const verdict = { answers: 0, told: 0, wrong: 0 }
let firstWrong: string | undefined

function check(city: number, status: number, body: string): void {
  verdict.answers++
  if (status === 502 && body === '{"error":"the upstream answered 503"}') verdict.told++
  else if (status !== 200 || !isForecast(city, body)) {
    verdict.wrong++
    firstWrong ??= `/${route}/${city}: ${status} ${body.slice(0, 200)}`
  }
}

function isForecast(city: number, body: string): boolean {
  const forecast = JSON.parse(body) as Forecast
  return forecast.city === city && forecast.checksum === forecastOf(city, forecast.answer).checksum
}

const request: autocannon.Request = {
  setupRequest(template, context) {
    // City n with a weight of 1/n, so that many ask for the same at once.
    const city = Math.floor(Number(cities) ** Math.random())
    ;(context as { city?: number }).city = city
    return { ...template, path: `/${route}/${city}` }
  },
  onResponse(status, body, context) {
    check((context as { city: number }).city, status, body)
  }
}

const result = await autocannon({ url, duration: Number(seconds), connections: 32, requests: [request] })
const report: ForecastsReport = {
  ...verdict,
  ...(firstWrong === undefined ? {} : { firstWrong }),
  requestsPerSecond: result.requests.average,
  p50: result.latency.p50,
  p99: result.latency.p99,
  max: result.latency.max,
  errors: result.errors + result.timeouts
}
process.send?.(report)
