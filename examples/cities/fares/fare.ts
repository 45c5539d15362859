import { SnapshotMap } from 'shardmap'
import { fnv1a } from '../city.js'

/** The fare to a city. It follows from the city and the generation of the table, so that a client can tell a mixed or wrong one. */
export interface Fare {
  generation: number
  cents: number
  checksum: number
}

/** Cities that have a fare. */
export const FARES = 5_000

export function fareAt(id: number, generation: number): Fare {
  const cents = 1_000 + ((id * 131 + generation * 7919) % 90_001)
  return { generation, cents, checksum: fnv1a(`${id}|${generation}|${cents}`) }
}

export function* tableOf(generation: number): Generator<[number, Fare]> {
  for (let id = 1; id <= FARES; id++) yield [id, fareAt(id, generation)]
}

/** Several fares as one version has them, or as they were read one after the other. */
export interface Quote {
  version: number
  ids: number[]
  fares: (Fare | undefined)[]
}

/** The first thread to open the map names its file; the others have the same map by its name. */
export const openFares = (path?: string) => SnapshotMap.open<number, Fare>('fares', path === undefined ? {} : { path })
