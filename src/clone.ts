import { types } from 'node:util'
import { DefaultDeserializer, DefaultSerializer } from 'node:v8'
import { isStackOverflow, ShardmapError } from './errors'
import { jsc } from './jsc'
import { refusal } from './refusal'

/** What V8's serializer throws for what it cannot clone; anything else comes out of the user's own getters. */
class NotCloneable extends Error {}

interface View {
  new (buffer: ArrayBuffer, offset: number, length: number): ArrayBufferView
  readonly name: string
  readonly BYTES_PER_ELEMENT?: number
}

const viewTypes: View[] = [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
  Float32Array, Float64Array, DataView, BigInt64Array, BigUint64Array,
  ...('Float16Array' in globalThis ? [(globalThis as unknown as { Float16Array: View }).Float16Array] : []),
]
const byTag = new Map(viewTypes.map((type, index) => [type.name, index]))

// Written before a view: its own bytes alone, or where it lies in its buffer (which keeps views of one buffer together).
const OWN_BYTES = 0
const IN_BUFFER = 1

class Serializer extends DefaultSerializer {
  // Node calls this when V8 refuses something.
  declare _getDataCloneError: unknown

  _getSharedArrayBufferId(): number {
    throw new NotCloneable('it holds shared memory')
  }

  _writeHostObject(value: object): void {
    if (!types.isArrayBufferView(value) || types.isSharedArrayBuffer(value.buffer)) throw new NotCloneable('it holds an object that cannot be cloned')
    const pooled = Buffer.isBuffer(value) && value.byteLength !== value.buffer.byteLength
    const type = byTag.get(types.isDataView(value) ? 'DataView' : tagOf(value))
    if (type === undefined) throw new NotCloneable('it holds a view of an unknown type')
    this.writeUint32(type)
    this.writeUint32(pooled ? OWN_BYTES : IN_BUFFER)
    this.writeUint32(value.byteLength)
    if (pooled) {
      this.writeRawBytes(value)
    } else {
      this.writeUint32(value.byteOffset)
      this.writeValue(value.buffer)
    }
  }
}
Serializer.prototype._getDataCloneError = (message: string) => new NotCloneable(message)

class Deserializer extends DefaultDeserializer {
  _readHostObject(): ArrayBufferView {
    const type = viewTypes[this.readUint32()] ?? Uint8Array
    const where = this.readUint32()
    const length = this.readUint32()
    const own = where === OWN_BYTES
    const offset = own ? 0 : this.readUint32()
    const buffer = own ? new Uint8Array(this.readRawBytes(length)).buffer : this.readValue()
    // Of a number or an object with a length, a view would be made that has its own memory, as much as that says.
    if (!types.isArrayBuffer(buffer)) throw new TypeError('a view has no buffer')
    return new type(buffer, offset, length / (type.BYTES_PER_ELEMENT ?? 1))
  }
}

function tagOf(value: ArrayBufferView): string {
  return (value as Int8Array)[Symbol.toStringTag]
}

export function toClone(value: object): Uint8Array {
  try {
    return jsc === undefined ? serialized(value) : jsc.serialize(value, { binaryType: 'nodebuffer' })
  } catch (error) {
    if (error instanceof NotCloneable) throw refusal(value, error.message)
    if (isRefusalElsewhere(error)) throw refusal(value)
    if (isStackOverflow(error)) throw refusal(value, 'it is nested too deeply')
    throw error
  }
}

/** Bun's refusal; and Deno's, which does not ask for an error. */
function isRefusalElsewhere(error: unknown): boolean {
  if (jsc !== undefined) return error instanceof DOMException && error.name === 'DataCloneError'
  return 'deno' in process.versions && error instanceof Error && error.message.endsWith(' could not be cloned.')
}

function serialized(value: object): Uint8Array {
  const serializer = new Serializer()
  serializer.writeHeader()
  serializer.writeValue(value)
  return serializer.releaseBuffer()
}

/** V8's form begins with this byte, JavaScriptCore's with a number of four bytes that is small. */
const V8_MARK = 0xff

function isOfOtherEngine(bytes: Uint8Array): boolean {
  return jsc !== undefined ? bytes[0] === V8_MARK : bytes[0] !== V8_MARK && bytes.length > 4 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0
}

export function fromClone(bytes: Uint8Array): unknown {
  if (isOfOtherEngine(bytes)) throw written()
  if (jsc !== undefined) return jsc.deserialize(bytes)
  const deserializer = new Deserializer(bytes)
  deserializer.readHeader()
  return deserializer.readValue()
}

/** A file, dump or delta of the other kind of runtime: what is not plain data is in a form of that runtime's engine. */
function written(): ShardmapError {
  const [there, here] = jsc === undefined ? ['Bun', 'Node or Deno'] : ['Node or Deno', 'Bun']
  return new ShardmapError('ERR_SHARDMAP_VALUE', `this value is no plain data and was written by ${there}, whose form ${here} cannot read: read it there, and store plain data`)
}
