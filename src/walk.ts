import { types } from 'node:util'
import { refuseHostObject, refuseHostObjects } from './host-objects'
import { CLONE, MIXED, PACKED, type Kind } from './native'
import { MAX_DEPTH, refusal } from './refusal'
import { isExotic, isPlain, isPlainArray } from './shapes'

/** msgpackr recurses on larger frames than V8's serializer. */
const MAX_PACKED_DEPTH = 200
/** Up to here a list of what was seen is quicker than a Set. */
const FEW = 16

/** What the last walk decided. */
export let walkedKind: Kind = PACKED
/** Whether the last walk met an instance of a class: only V8 knows whether it is more than its properties. */
export let walkedInstance = false

/**
 * Walks a value once and says how it is to be encoded (`walkedKind`). For PACKED the result is a copy that holds nothing but data, so
 * that getters run once and can change nothing between the decision and the encoding; otherwise the value itself.
 */
export function walk(root: object): object {
  const state = new Walk(root)
  const copy = state.visit(root, 0) as object
  // At the first thing that cannot be frozen the walk has ended.
  if (state.kind === MIXED) refuseHostObjects(root)
  walkedKind = state.kind
  walkedInstance = state.instance
  return state.kind === PACKED ? copy : root
}

class Walk {
  kind: Kind = PACKED
  instance = false
  #seen: object[] = []
  #many: Set<object> | undefined
  readonly #root: object

  constructor(root: object) {
    this.#root = root
  }

  visit(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        if (!packable(value)) this.#cannotPack()
        return value
      case 'number':
        if (value === 0 && 1 / value < 0) this.#cannotPack()
        return value
      case 'object':
        return value === null ? value : this.#object(value, depth)
      case 'bigint':
        this.#cannotPack()
        return value
      case 'function':
      case 'symbol':
        throw refusal(this.#root)
      default:
        return value
    }
  }

  #object(value: object, depth: number): object {
    if (types.isProxy(value)) throw refusal(this.#root)
    if (this.#again(value)) {
      this.#cannotPack()
      return value
    }
    if (depth > MAX_PACKED_DEPTH) {
      this.#cannotPack()
      if (depth > MAX_DEPTH) throw refusal(this.#root)
    }
    if (Array.isArray(value)) return this.#array(value, depth)
    if (!isPlain(value)) {
      if (isExotic(value)) {
        this.kind = MIXED
        return value
      }
      refuseHostObject(value, this.#root)
      this.instance = true
    }
    const copy = { ...value } as Record<string, unknown>
    for (const key of Object.keys(copy)) {
      // These three mean something to msgpackr or to an assignment.
      if (key === 'constructor' || key === 'toJSON' || key === '__proto__' || !packable(key)) this.#cannotPack()
      const before = copy[key]
      if (before === null || typeof before === 'boolean') continue
      const after = this.visit(before, depth + 1)
      if (this.kind === MIXED) return value
      if (after !== before) copy[key] = after
    }
    return copy
  }

  #array(value: unknown[], depth: number): object {
    const keys = Object.keys(value)
    if (keys.length !== value.length) {
      this.#cannotPack()
      for (const key of keys) {
        this.visit((value as unknown as Record<string, unknown>)[key], depth + 1)
        if (this.kind === MIXED) return value
      }
      return value
    }
    const plain = isPlainArray(value)
    if (!plain) this.instance = true
    // slice would ask a subclass for its constructor.
    const copy = plain ? value.slice() : Array.from({ length: value.length }, (_, i) => value[i])
    for (let i = 0; i < copy.length; i++) {
      const before = copy[i]
      if (before === undefined && !(i in value)) this.#cannotPack()
      const after = this.visit(before, depth + 1)
      if (this.kind === MIXED) return value
      if (after !== before) copy[i] = after
    }
    return copy
  }

  #again(value: object): boolean {
    if (this.#many !== undefined) {
      if (this.#many.has(value)) return true
      this.#many.add(value)
      return false
    }
    if (this.#seen.includes(value)) return true
    if (this.#seen.push(value) > FEW) this.#many = new Set(this.#seen)
    return false
  }

  #cannotPack(): void {
    if (this.kind === PACKED) this.kind = CLONE
  }
}

/** msgpackr would replace a lone surrogate, and may drop a leading byte order mark. */
function packable(text: string): boolean {
  return (text as unknown as { isWellFormed(): boolean }).isWellFormed() && text.charCodeAt(0) !== 0xfeff
}
