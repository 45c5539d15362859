import { types } from 'node:util'
import { ShardmapError } from './errors'
import { isHandle } from './handle'

/** Deeper values are refused: reading one back could overflow the stack of another thread. */
export const MAX_DEPTH = 1_000
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/** The error for a value that cannot be stored: names the first place at fault and what to do. Runs only on the way to an error. */
export function refusal(root: unknown, reason?: string): ShardmapError {
  let found: string | undefined
  try {
    found = locate(root)
  } catch {
    // A getter of the user's threw on this second look; the general message remains.
  }
  return new ShardmapError('ERR_SHARDMAP_VALUE', found ?? `this value cannot be stored: ${reason ?? 'it cannot be cloned'}; store plain data`)
}

function locate(root: unknown): string | undefined {
  const seen = new Set<unknown>()
  const stack: [value: unknown, path: string, depth: number][] = [[root, 'value', 0]]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [value, path, depth] = next
    const fault = depth > MAX_DEPTH ? `is nested deeper than ${MAX_DEPTH.toLocaleString('en')} levels; flatten it` : faultOf(value)
    if (fault !== undefined) return depth > MAX_DEPTH ? `the value ${fault}` : `${path} ${fault}`
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    const inner: typeof stack = []
    if (types.isMap(value)) {
      for (const [key, item] of Map.prototype.entries.call(value)) inner.push([key, `${path}.keys()`, depth + 1], [item, `${path}.get(...)`, depth + 1])
    } else if (types.isSet(value)) {
      for (const item of Set.prototype.values.call(value)) inner.push([item, `${path}.values()`, depth + 1])
    } else if (!types.isArrayBufferView(value)) {
      for (const key of Object.keys(value)) inner.push([(value as Record<string, unknown>)[key], join(path, key), depth + 1])
    }
    stack.push(...inner.reverse())
  }
  return undefined
}

function join(path: string, key: string): string {
  // Deep paths stay readable by their end.
  const start = path.length > 200 ? `...${path.slice(-160)}` : path
  if (IDENTIFIER.test(key)) return `${start}.${key}`
  return `${start}[${String(Number(key)) === key ? key : JSON.stringify(key)}]`
}

function faultOf(value: unknown): string | undefined {
  if (typeof value === 'function') return 'is a function, which cannot be shared; store data, and keep code in modules'
  if (typeof value === 'symbol') return 'is a symbol, which cannot be shared; store a string'
  if (typeof value !== 'object' || value === null) return undefined
  if (types.isProxy(value)) return 'is a Proxy, which cannot be cloned; store a copy of what it stands for'
  if (types.isPromise(value)) return 'is a Promise; await it and store what it resolves to'
  if (isHandle(value)) return 'is a handle of shardmap; store its name, and open it by that name in the other thread'
  if (types.isWeakMap(value) || types.isWeakSet(value) || value instanceof WeakRef) return 'is a weak collection, which cannot be shared'
  if (types.isSharedArrayBuffer(value) || (types.isArrayBufferView(value) && types.isSharedArrayBuffer(value.buffer))) {
    return 'is shared memory, which others could change under a reader; store a copy, as new Uint8Array(shared).slice() makes one'
  }
  if (types.isExternal?.(value) || types.isGeneratorObject(value) || types.isModuleNamespaceObject(value)) return 'is an object that cannot be cloned; store plain data'
  return undefined
}
