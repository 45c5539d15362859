/** A median with the range of all rounds. */
export interface Stat {
  median: number
  low: number
  high: number
}

export function statOf(values: readonly number[]): Stat {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, low: sorted[0]!, high: sorted.at(-1)! }
}

/** Round by round, so that both sides of a ratio come from the same moment. */
export function ratioOf(over: readonly number[], under: readonly number[]): Stat {
  return statOf(over.map((value, round) => value / under[round]!))
}

/** Of medians; the range is the widest that both ranges allow. */
export function over(a: Stat, b: Stat): Stat {
  return { median: a.median / b.median, low: a.low / b.high, high: a.high / b.low }
}
