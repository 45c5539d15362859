/** What Bun has in place of V8's serializer. */
export interface Jsc {
  serialize(value: unknown, options: { binaryType: 'nodebuffer' }): Uint8Array
  deserialize(bytes: Uint8Array): unknown
}

/** JavaScriptCore's structured clone, where this is Bun. */
export const jsc: Jsc | undefined = 'bun' in process.versions
  ? (process as unknown as { getBuiltinModule(name: 'bun:jsc'): Jsc }).getBuiltinModule('bun:jsc')
  : undefined
