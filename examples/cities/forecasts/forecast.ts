import { SharedCache } from 'shardmap'
import { fnv1a } from '../city.js'

/** What the upstream knows of a city. It follows from the city and the number of the answer, so that a client can tell a wrong one. */
export interface Forecast {
  city: number
  /** The how-manieth answer about this city it is. */
  answer: number
  degrees: number
  checksum: number
}

export function forecastOf(city: number, answer: number): Forecast {
  const degrees = ((city * 31 + answer * 7) % 60) - 20
  return { city, answer, degrees, checksum: fnv1a(`${city}|${answer}|${degrees}`) }
}

export interface Terms {
  ttl: number
  staleWhileRevalidate: number
}

/**
 * How the cache may keep what the upstream says: `steady` longer than the demo runs; `brief` for an instant, and then as an old answer
 * while one caller asks again; `held` is a forecast whose first asker is left waiting.
 */
export const ROUTES = {
  steady: { ttl: 600_000, staleWhileRevalidate: 0 },
  brief: { ttl: 400, staleWhileRevalidate: 120_000 },
  held: { ttl: 600_000, staleWhileRevalidate: 0 }
} satisfies Record<string, Terms>

export type Route = keyof typeof ROUTES
export const isRoute = (text: string): text is Route => Object.hasOwn(ROUTES, text)

/** Any thread opens the same cache by its name. */
export const openForecasts = () => SharedCache.open<readonly [Route, number], Forecast>('forecasts', { max: 10_000 })
