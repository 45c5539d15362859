/** Freezes what msgpackr made: a tree of plain objects and arrays, not deeper than what was packed. */
export function freezeTree(value: object): void {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i]
      if (typeof item === 'object' && item !== null) freezeTree(item)
    }
  } else {
    for (const key of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[key]
      if (typeof item === 'object' && item !== null) freezeTree(item)
    }
  }
  Object.freeze(value)
}

/**
 * Freezes the plain objects and arrays of any decoded value, cyclic and deep ones too, and returns whether that was all of it: a Date,
 * Map or buffer cannot be frozen, and what is inside a Map or Set stays as it is.
 */
export function freezeGraph(root: object): boolean {
  let whole = true
  const pending: object[] = [root]
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) {
      whole = false
      continue
    }
    Object.freeze(value)
    for (const key of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[key]
      if (typeof item === 'object' && item !== null && !Object.isFrozen(item)) pending.push(item)
    }
  }
  return whole
}
