import { types } from 'node:util'
import { ShardmapError } from './errors'

/** Every part takes a byte at least, and a key 65,535 at most. */
const MAX_PARTS = 65_535

/**
 * A key that no user code can change or run in any more: tuples and bytes are copied, all else stays. What is no key stays too, for
 * the native side to refuse.
 */
export function ownKey<K>(key: K): K {
  if (typeof key !== 'object' || key === null) return key
  if (types.isUint8Array(key)) return ownBytes(key) as unknown as K
  if (!Array.isArray(key)) return key
  if (key.length > MAX_PARTS) throw new ShardmapError('ERR_SHARDMAP_KEY', `a key has at most 65,535 bytes, and this tuple has ${key.length} parts; use a digest of it`)
  return Array.from(key as unknown[], (part) => (types.isUint8Array(part) ? ownBytes(part) : part)) as unknown as K
}

function ownBytes(bytes: Uint8Array): Uint8Array {
  try {
    return new Uint8Array(bytes)
  } catch {
    // Its buffer was transferred: there are no bytes, as the native side finds.
    return new Uint8Array()
  }
}

/** A string for an own tuple or byte key, different for different keys; undefined for what is no key. */
export function keyText(key: object): string | undefined {
  if (types.isUint8Array(key)) return `u${bytesText(key)}`
  if (!Array.isArray(key)) return undefined
  let text = 't'
  for (const part of key as unknown[]) {
    switch (typeof part) {
      case 'string':
        text += `s${part.length}:${part}`
        break
      case 'number':
        text += `n${part};`
        break
      case 'bigint':
        text += `i${part};`
        break
      case 'boolean':
        text += part ? 'y' : 'f'
        break
      default:
        if (!types.isUint8Array(part)) return undefined
        text += `u${part.length}:${bytesText(part)}`
    }
  }
  return text
}

function bytesText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
