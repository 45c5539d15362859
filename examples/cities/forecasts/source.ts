import type { Forecast, Route } from './forecast.js'

/** A loader that asks the upstream. What it throws reaches every caller that waits, in whichever thread. */
export function loaderFrom(port: number): (key: readonly [Route, number], context: { signal: AbortSignal }) => Promise<Forecast> {
  return async ([route, city], { signal }) => {
    const response = await fetch(`http://127.0.0.1:${port}/${route}/${city}`, { signal })
    if (!response.ok) throw new Error(`the upstream answered ${response.status}`)
    return (await response.json()) as Forecast
  }
}
