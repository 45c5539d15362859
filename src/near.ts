import { DEAD_SLOT, DEFAULT_ENTRIES, Generations, isCurrent, type Kept, type Source } from './generations'
import { ABSENT, head, slotWords, type Kind } from './native'
import { PerThread } from './per-thread'

/**
 * What this thread knows of one key. It holds as long as the slot still has the version that was read with the value. Small, because a hit
 * reads it from memory.
 */
export class Known implements Kept {
  constructor(
    public value: unknown,
    public slot: number,
    public version: number,
    public bytes: number,
  ) {}
}

/** What is known of an absent key stands in an `Absence`, under the dead slot and another version than it has: never a hit. */
const DEAD_VERSION = 1

/** Known to be absent. */
class Absence {
  constructor(
    public slot: number,
    public version: number,
  ) {}
}

/** A map that a near cache stands before. */
export interface NearSource extends Source {
  countNear?(hits: number, absences: number): void
}

/** Near hits that are counted here before the map is told, less one. */
export const PUBLISH_MASK = 1023

/** The near cache of a map: absence is kept like presence. */
export class Near extends Generations<NearSource, Known> {
  /** Reads that found a value here, and have not been told to the map. */
  hits = 0
  #absences = 0
  #told = 0

  override publish(): void {
    const { hits } = this
    const absences = this.#absences
    this.hits = 0
    this.#absences = 0
    this.#told += hits
    if (hits + absences > 0) this.tell((native) => native.countNear?.(hits, absences))
  }

  protected override holds(_: NearSource, known: Known | undefined): known is Known {
    if (known === undefined) return false
    if (isCurrent(known.slot, known.version)) {
      if ((++this.hits & PUBLISH_MASK) === 0) this.publish()
      return true
    }
    if (!isAbsence(known)) return false
    if ((++this.#absences & PUBLISH_MASK) === 0) this.publish()
    return true
  }

  protected override valueOf({ value }: Known): unknown {
    return value instanceof Absence ? undefined : value
  }

  protected override kept(value: unknown, kind: Kind, bytes: number): Known {
    const slot = head[0] as number
    const version = head[1] as number
    return kind === ABSENT ? new Known(new Absence(slot, version), DEAD_SLOT, DEAD_VERSION, bytes) : new Known(value, slot, version, bytes)
  }

  protected override refill(known: Known, fresh: Known): void {
    known.value = fresh.value
    known.slot = fresh.slot
    known.version = fresh.version
    known.bytes = fresh.bytes
  }

  protected override answered(): number {
    return this.#told + this.hits
  }
}

/** Whether the key of a stale entry is known to be absent. */
export function isAbsence({ value }: Known): boolean {
  return value instanceof Absence && isCurrent(value.slot, value.version)
}

const nears = new PerThread<Near>((limit) => new Near(limit ?? DEFAULT_ENTRIES))

/** The near cache that all handles of a map share in this thread; the latest limit given is in force. 0: one that keeps nothing. */
export function nearOf(handle: object, native: NearSource, limit: number | undefined): Near {
  if (limit === 0 || slotWords === undefined) return new Near(0)
  const near = nears.of(native.id, limit)
  near.join(handle, native)
  return near
}
