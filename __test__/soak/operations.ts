// Every public method of the package, found by looking: each is wrapped so that its calls are counted, and a soak in which one of them was never called fails.
import { inspect } from 'node:util'
import { SharedCache, SharedMap, SnapshotMap } from 'shardmap'

type Wrap = (name: string, original: (...args: any[]) => unknown) => (...args: any[]) => unknown

/** What users hold, by the names that the types give it. */
async function holders(name: string): Promise<[label: string, holder: object][]> {
  const map = SharedMap.open<string, number>(name)
  const versions = SnapshotMap.open<string, number>(name + ' versions')
  const lease = await versions.lock(['a'])
  let transaction: object
  versions.commitSync(tx => { transaction = Object.getPrototypeOf(tx) })
  const [snapshot, batch] = [map.snapshot(), map.batch()]
  const parts: [string, object][] = [['Snapshot', snapshot], ['Batch', batch], ['Lease', lease]]
  const found: [string, object][] = [SharedMap, SnapshotMap, SharedCache].flatMap(type => [[type.name, type], [type.name, type.prototype]] as [string, object][])
  for (const [label, part] of parts) found.push([label, Object.getPrototypeOf(part)])
  found.push(['Transaction', transaction!])
  snapshot.close()
  lease.release()
  SharedMap.destroy(map.name)
  SnapshotMap.destroy(versions.name)
  return found
}

/** What is inherited from Function, is for the inspector, makes an object, or is not in the types: the package's own. */
const NONE = new Set<PropertyKey>(['constructor', 'prototype', 'length', 'name', inspect.custom, 'tokenOf', 'isOf', 'end'])

function membersOf(label: string, holder: object): [name: string, key: PropertyKey, found: PropertyDescriptor][] {
  const isClass = typeof holder === 'function'
  return Reflect.ownKeys(holder)
    .filter(key => !NONE.has(key) || (key === 'name' && !isClass))
    .map(key => [`${label}.${isClass ? 'static ' : ''}${String(key).replace(/^Symbol\(\w+\.(\w+)\)$/, '[$1]')}`, key, Object.getOwnPropertyDescriptor(holder, key)!])
}

/** The names of all operations; with `wrap`, each is replaced by what that makes of it, in this thread. `name` is one that no map has. */
export async function operations(name: string, wrap?: Wrap): Promise<string[]> {
  const names: string[] = []
  for (const [label, holder] of await holders(name)) {
    for (const [operation, key, found] of membersOf(label, holder)) {
      names.push(operation)
      if (wrap === undefined) continue
      if (found.get !== undefined) Object.defineProperty(holder, key, { ...found, get: wrap(operation, found.get) })
      else Object.defineProperty(holder, key, { ...found, value: wrap(operation, found.value) })
    }
  }
  return names
}

/** Counts the calls of users, not those that the package makes of itself. What a function does that is given to a call counts only for a transaction. */
export function counting(row: Float64Array, index: (name: string) => number): Wrap {
  let inside = 0
  return (name, original) => {
    const at = index(name)
    const always = name.startsWith('Transaction.')
    return function (this: unknown, ...args: unknown[]): unknown {
      if (inside === 0 || always) row[at]++
      inside++
      try {
        return original.apply(this, args)
      } finally {
        inside--
      }
    }
  }
}
