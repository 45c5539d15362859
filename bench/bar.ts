import type { Timing } from './measure.js'
import type { Stat } from './stat.js'

/** A row of the table of bars: a ratio or a count measured in one run, and what it must be. */
export interface Bar {
  id: string
  title: string
  must: { at: '<=' | '>=' | '='; limit: number }
  value: Stat | null
  unit?: string
  timings?: Timing[]
  note?: string
}

export function isMet({ value, must }: Bar): boolean | undefined {
  if (value === null) return undefined
  if (must.at === '=') return value.low === must.limit && value.high === must.limit
  return must.at === '<=' ? value.median <= must.limit : value.median >= must.limit
}

export function condition({ must }: Bar): string {
  return `${must.at} ${+must.limit.toPrecision(3)}`
}
