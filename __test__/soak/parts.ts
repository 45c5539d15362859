// Values that say what they are in several parts, of which a torn or exchanged one does not fit: bound to the place of their key and a number.
import { isDeepStrictEqual } from 'node:util'

const TEXT = 'abcdefghijklmnop'.repeat(256)

function sumOf(place: number, n: number): number {
  const mixed = Math.imul(n ^ (n >>> 15), 0x9E3779B1) ^ Math.imul(place + 1, 0x85EBCA6B)
  return (mixed ^ (mixed >>> 13)) >>> 0
}

/** Mostly short; one in 64 is some kilobytes. */
const padOf = (sum: number): string => TEXT.slice(0, sum % 64 === 0 ? sum % 4_096 : sum % 120)

/** Of every kind that crosses in a way of its own. */
const forms: ((place: number, n: number, sum: number) => unknown)[] = [
  (place, n, sum) => ({ place, n, sum, pad: padOf(sum), parts: [n, { n }, [place]] }),
  (place, n, sum) => `${place} ${n} ${sum} ${padOf(sum)}`,
  (place, n, sum) => new Uint8Array(Int32Array.from([place, n, sum | 0, ...Array(sum % 32).fill(n)]).buffer),
  (place, n, sum) => new Map<string, unknown>([['place', place], ['n', n], ['sum', sum], ['pad', new Set([padOf(sum)])]]),
  (place, n, sum) => ({ at: new Date(n), place, n, pad: padOf(sum) }),
  (place, n, sum) => (BigInt(place) << 80n) | (BigInt(n) << 40n) | BigInt(sum),
  (place, n, sum) => [place, n, sum, [[padOf(sum)]], null, -0],
]

/** The value number `n` of a key. */
export const make = (place: number, n: number): unknown => forms[n % forms.length](place, n, sumOf(place, n))

function claimed(value: any): number {
  if (typeof value === 'string') return Number(value.split(' ')[1])
  if (typeof value === 'bigint') return Number((value >> 40n) & 0xFFFFFFFFFFn)
  if (value instanceof Uint8Array) return new DataView(value.buffer, value.byteOffset).getInt32(4, true)
  if (value instanceof Map) return value.get('n')
  return Array.isArray(value) ? value[1] : value?.n
}

/** The number that a value of that place has; undefined when it is not whole. */
export function numberIn(place: number, value: unknown): number | undefined {
  const n = claimed(value)
  return Number.isInteger(n) && isDeepStrictEqual(value, make(place, n)) ? n : undefined
}
