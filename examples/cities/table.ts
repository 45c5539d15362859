export type Row = readonly [name: string, value: string]

/** A two-column table with a title, as text. */
export function table(title: string, rows: readonly Row[]): string {
  const left = Math.max(...rows.map(([name]) => name.length))
  const right = Math.max(...rows.map(([, value]) => value.length))
  const line = '-'.repeat(left + right + 3)
  const body = rows.map(([name, value]) => `${name.padEnd(left)}   ${value.padStart(right)}`)
  return ['', title, line, ...body, line].join('\n')
}

export const count = (n: number) => Math.round(n).toLocaleString('en-US')
export const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`
export const ms = (n: number) => `${n.toFixed(n < 10 ? 2 : 0)} ms`
export const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`
