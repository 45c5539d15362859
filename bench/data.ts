export type KeyType = 'string' | 'number' | 'bigint' | 'tuple' | 'bytes'
export type ValueType = 'string' | 'number' | 'object' | 'bytes' | 'date'

/** The same numbers in every run. */
export function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function shuffled<T>(items: readonly T[], seed = 1): T[] {
  const random = randomFrom(seed)
  const result = [...items]
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[result[i], result[j]] = [result[j]!, result[i]!]
  }
  return result
}

/** A string as it comes from a socket: flat, one byte a character. */
export const flat = (text: string) => Buffer.from(text).toString('latin1')

export function keyOf(type: KeyType, i: number): unknown {
  switch (type) {
    case 'string':
      return flat(`user:${String(i).padStart(7, '0')}`)
    case 'number':
      return i
    case 'bigint':
      return BigInt(i) + 2n ** 40n
    case 'tuple':
      return ['user', i]
    case 'bytes':
      return Uint8Array.from([1, 2, 3, 4, i >>> 24, i >>> 16, i >>> 8, i])
  }
}

export function valueOf(type: ValueType, i: number): unknown {
  switch (type) {
    case 'string':
      return flat(`${i}:`.padEnd(200, 'abcdefghij'))
    case 'number':
      return i
    case 'object':
      return { id: i, name: `user ${i}`, score: i % 1000, tags: ['a', 'b'] }
    case 'bytes':
      return new Uint8Array(200).fill(i)
    case 'date':
      return new Date(1.7e12 + i)
  }
}

/** New objects at each call: a key that comes with a request equals the stored one and is not the same string. */
export function keysOf(type: KeyType, count: number): unknown[] {
  return Array.from({ length: count }, (_, i) => keyOf(type, i))
}

/** The records that memory is measured with. */
export const keyAt = (i: number) => `user:${String(i).padStart(7, '0')}`
export const record = (i: number) => ({ id: i, name: `user ${i}`, score: (i * 7919) % 1000, active: i % 3 === 0 })
