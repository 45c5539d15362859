import type { Stat } from './stat.js'

export const number = (value: number) => (value >= 1000 ? Math.round(value).toLocaleString('en-US') : String(+value.toPrecision(3)))
export const range = ({ low, high }: Stat) => `${number(low)} to ${number(high)}`

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
/** A table in Markdown. */
export const grid = (head: readonly string[], body: readonly (readonly string[])[]) => [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')
