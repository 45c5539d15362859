// What a run must have shown.
import { flatnessOf, type Flatness } from '../../bench/windows.js'
import { openedSince } from '../fixtures/open-files.js'
import type { Run } from './run.js'
import { CHECKS, FAULTS } from './shared.js'

export interface Verdict {
  failures: string[]
  /** Of resident memory, once a second. */
  working: Flatness | undefined
  /** The same at rest, without what a moment's work takes. */
  resting: Flatness | undefined
}

/** Fewer in a window say nothing: threads come and go, and resident memory with them. */
const WORKING_SAMPLES = 300
export const RESTING_SAMPLES = 15

/** Names of operations. */
export const operationsOf = (sums: Record<string, number>): string[] => Object.keys(sums).filter(name => name.includes('.'))

/** With `memory`, that must have been flat. */
export function judge({ samples, rests, sums, base, end, failures }: Run, memory: boolean): Verdict {
  const found = [...failures]
  if (failures.length === 0) {
    const never = (names: readonly string[]): string[] => names.filter(name => !(sums[name] > 0))
    for (const name of never(operationsOf(sums))) found.push(`operation never called: ${name}`)
    for (const name of never(FAULTS)) found.push(`fault never met: ${name}`)
    for (const name of never(CHECKS)) found.push(`invariant never checked: ${name}`)
    if (base === undefined || end === undefined) found.push('it did not come to its end')
    else for (const file of openedSince(base.files, end.files)) found.push(`open at the end, and not at the beginning: ${file}`)
  }
  const working = samples.length < WORKING_SAMPLES ? undefined : flatnessOf(samples)
  const resting = rests.length < RESTING_SAMPLES ? undefined : flatnessOf(rests)
  const judged = { work: working, rest: resting }
  for (const [what, flatness] of Object.entries(judged)) {
    if (memory && flatness?.flat === false) found.push(`memory is not flat: at ${what}, a window has ${flatness.spread.toFixed(3)} of the first one's resident memory`)
  }
  if (memory && resting === undefined) found.push('too short to say whether memory is flat')
  return { failures: found, working, resting }
}
