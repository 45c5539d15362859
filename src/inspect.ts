import { inspect } from 'node:util'

const SHOWN = 3

/** One line for util.inspect: how many entries, and the first few of them. */
export function inspectEntries(title: string, size: number, entries: Iterable<readonly [unknown, unknown]>): string {
  const shown: string[] = []
  for (const [key, value] of entries) {
    if (shown.length === SHOWN) break
    shown.push(`${inspect(key)} => ${inspect(value, { depth: 1, breakLength: Infinity })}`)
  }
  if (size > shown.length) shown.push(`... ${size - shown.length} more`)
  return `${title} (${size}) {${shown.length === 0 ? '' : ` ${shown.join(', ')} `}}`
}
