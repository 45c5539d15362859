// Keys of every kind, and the way back from a key to its place.
import type { Key } from 'shardmap'

/** Places of one seat. */
const ROOM = 1_000

export const placeOf = (seat: number, i: number): number => seat * ROOM + i
export const seatOf = (place: number): number => Math.floor(place / ROOM)
export const indexOf = (place: number): number => place % ROOM

const forms: ((place: number) => Key)[] = [
  place => `key ${place}`,
  place => ['key', place],
  place => place,
  place => BigInt(place) + (1n << 70n),
  place => Uint8Array.from([place >> 8, place]),
]

export const keyOf = (place: number): Key => forms[place % forms.length](place)

/** The place of a key that `keyOf` has made; undefined for any other. */
export function placeIn(key: Key): number | undefined {
  if (typeof key === 'string') return key.startsWith('key ') ? Number(key.slice(4)) : undefined
  if (typeof key === 'number') return key
  if (typeof key === 'bigint') return Number(key - (1n << 70n))
  if (key instanceof Uint8Array) return (key[0] << 8) | key[1]
  return Array.isArray(key) && key[0] === 'key' ? key[1] : undefined
}
