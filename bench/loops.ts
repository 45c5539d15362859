// Every subject gets loops compiled for it alone. One function shared by all subjects would see many types at its one call site, and
// measure V8's polymorphic dispatch. The sources are constants of this folder.

type Loop = () => number
export interface Methods {
  get: string
  set: string
}

function compile(name: string, parameters: readonly string[], source: string): (...values: unknown[]) => Loop {
  // The name in the comment keeps V8's compilation cache from giving two subjects one function.
  return new Function(...parameters, `/* ${name} */ ${source}`) as (...values: unknown[]) => Loop
}

export function getLoop(name: string, table: unknown, keys: readonly unknown[], method = 'get'): Loop {
  return compile(name, ['table', 'keys'], `return function () {
    let found = 0
    for (let i = 0; i < keys.length; i++) if (table.${method}(keys[i]) !== undefined) found++
    return found
  }`)(table, keys)
}

/** Sets keys[i] to values[i], all of them, `flush` (a method's name) after the last. */
export function setLoop(name: string, table: unknown, keys: readonly unknown[], values: readonly unknown[], flush?: string): Loop {
  return compile(name, ['table', 'keys', 'values'], `return function () {
    for (let i = 0; i < keys.length; i++) table.set(keys[i], values[i])
    ${flush ? `table.${flush}()` : ''}
    return keys.length
  }`)(table, keys, values)
}

export interface Mix {
  keys: readonly unknown[]
  values: readonly unknown[]
  /** Places in `keys`, gone through from run to run. */
  order: Uint32Array
  /** 1: a write. */
  writes: Uint8Array
}

export function mixLoop(name: string, table: unknown, methods: Methods, mix: Mix, ops: number): Loop {
  return compile(name, ['table', 'keys', 'values', 'order', 'writes'], `let at = 0
  return function () {
    let found = 0
    for (let n = 0; n < ${ops}; n++) {
      const key = keys[order[at]]
      if (writes[at] === 1) table.${methods.set}(key, values[at & 63])
      else if (table.${methods.get}(key) !== undefined) found++
      if (++at === order.length) at = 0
    }
    return found
  }`)(table, mix.keys, mix.values, mix.order, mix.writes)
}
