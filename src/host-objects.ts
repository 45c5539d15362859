import { types } from 'node:util'
import { jsc } from './jsc'
import { refusal } from './refusal'
import { isExotic, isPlain } from './shapes'

/** Whether instances with this prototype are the runtime's own, of those that could be cloned. */
const hostPrototypes = new WeakMap<object, boolean>()

/**
 * Refuses an instance of a class of the runtime, as URL and Blob. A serializer alone would take it for a plain object without properties;
 * structuredClone refuses it, or gives another instance, which cannot be had from bytes. What structuredClone makes plain is plain. A getter's error comes out.
 */
export function refuseHostObject(value: object, root: object): void {
  const proto = Object.getPrototypeOf(value) as object
  if (hostPrototypes.get(proto) === undefined) hostPrototypes.set(proto, isOfHost(value, root))
  if (hostPrototypes.get(proto)) throw refusal(root, 'it holds an object of the runtime')
}

function isOfHost(value: object, root: object): boolean {
  let clone: object
  try {
    clone = structuredClone(value)
  } catch (error) {
    // In Node 20 what could be transferred, as a port, has an error of its own.
    const { name, code } = error as { name?: unknown; code?: unknown }
    if (name === 'DataCloneError' || code === 'ERR_MISSING_TRANSFERABLE_IN_TRANSFER_LIST') throw refusal(root, 'it holds an object that cannot be cloned')
    throw error
  }
  const proto: unknown = Object.getPrototypeOf(clone)
  return proto !== Object.prototype && proto !== Array.prototype
}

/** The same for all that a value holds which no walk has seen whole, and for shared memory, which JavaScriptCore would copy. */
export function refuseHostObjects(root: object): void {
  const seen = new Set<object>()
  const left: unknown[] = [root]
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    if (types.isProxy(value)) throw refusal(root)
    seen.add(value)
    if (types.isMap(value)) {
      Map.prototype.forEach.call(value, (item, key) => left.push(key, item))
    } else if (types.isSet(value)) {
      Set.prototype.forEach.call(value, (item) => left.push(item))
    } else if (types.isArrayBufferView(value)) {
      if (types.isSharedArrayBuffer(value.buffer)) throw refusal(root)
    } else if (types.isSharedArrayBuffer(value)) {
      throw refusal(root)
    } else if (types.isNativeError(value)) {
      // V8 clones its cause, which need not be enumerable, and none of its other properties.
      if (jsc === undefined && Object.hasOwn(value, 'cause')) left.push(value.cause)
    } else if (!isExotic(value)) {
      if (!Array.isArray(value) && !isPlain(value)) refuseHostObject(value, root)
      for (const key of Object.keys(value)) left.push((value as Record<string, unknown>)[key])
    }
  }
}
