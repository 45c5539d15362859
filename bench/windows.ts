// Whether memory is flat: medians of equal parts of the time after a warm-up, of which none may be much more than the first.
import { statOf } from './stat.js'

/** The first part of the time, in which tables and heaps find their size. */
const WARM_UP = 0.25
/** Parts of the time after it, whose medians are compared. */
const WINDOWS = 5
const FLAT = 1.05

export interface Sample {
  at: number
  rss: number
}

export interface Flatness {
  /** Medians of the windows. */
  windows: { from: number; to: number; median: number }[]
  /** The highest of them over the first. */
  spread: number
  flat: boolean
}

export function flatnessOf(samples: readonly Sample[]): Flatness {
  const end = samples.at(-1)!.at
  const begin = WARM_UP * end
  const length = (end - begin) / WINDOWS
  const windows = Array.from({ length: WINDOWS }, (_, i) => {
    const [from, to] = [begin + i * length, begin + (i + 1) * length]
    const inside = samples.filter(({ at }) => at >= from && at < to).map(({ rss }) => rss)
    return { from, to, median: inside.length === 0 ? Number.NaN : statOf(inside).median }
  })
  const spread = Math.max(...windows.map(({ median }) => median)) / windows[0]!.median
  return { windows, spread, flat: spread <= FLAT }
}
