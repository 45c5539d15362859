import { types } from 'node:util'

const { isDate, isMap, isSet, isRegExp, isNativeError, isAnyArrayBuffer, isArrayBufferView, isBoxedPrimitive } = types

export function isPlain(value: object): boolean {
  const proto = Object.getPrototypeOf(value)
  return proto === Object.prototype || proto === null || isForeign(proto, 'Object')
}

export function isPlainArray(value: unknown[]): boolean {
  const proto = Object.getPrototypeOf(value)
  return proto === Array.prototype || (proto !== null && isForeign(proto, 'Array'))
}

/** The prototype of another realm: the top of its chain, or right below it, with the built-in constructor of that name. */
function isForeign(proto: object, name: 'Object' | 'Array'): boolean {
  const top = Object.getPrototypeOf(proto)
  if (name === 'Object' ? top !== null : top === null || Object.getPrototypeOf(top) !== null) return false
  const constructor: unknown = Object.getOwnPropertyDescriptor(proto, 'constructor')?.value
  return typeof constructor === 'function' && Function.prototype.toString.call(constructor) === `function ${name}() { [native code] }`
}

/** What can be cloned and nobody can freeze, and what the serializer refuses itself. */
export function isExotic(value: object): boolean {
  return (
    isDate(value) || isMap(value) || isSet(value) || isArrayBufferView(value) || isAnyArrayBuffer(value) || isRegExp(value) ||
    isNativeError(value) || isBoxedPrimitive(value) || types.isPromise(value) || types.isWeakMap(value) || types.isWeakSet(value) ||
    // Deno has no externals.
    types.isExternal?.(value)
  )
}
