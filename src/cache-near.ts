import { DEAD_SLOT, DEFAULT_ENTRIES, Generations, isCurrent, words, type Kept, type Source } from './generations'
import { ABSENT, head, slotWords, type Kind } from './native'
import { PerThread } from './per-thread'

/** Where the process's thread stores the time while any cache has an entry with a deadline. */
export const CLOCK_WORD = words.length - 1
/** In the last milliseconds before its deadline an entry is left to the native side, which looks at the clock itself. */
export const GUARD_MS = 100
/** Near hits that are gathered before the cache is told of them. */
export const RING = 64

/** What this thread knows of one entry. It holds as long as the slot has the version that was read with it, and its time is not near. */
export class CachedEntry implements Kept {
  constructor(
    public value: unknown,
    public slot: number,
    public version: number,
    public ticket: number,
    public deadline: number,
    public bytes: number,
  ) {}
}

/** What a near cache needs of a handle of its cache. */
export interface CacheSource extends Source {
  touches(ring: ArrayBuffer): void
  touch(): void
}

/** Whether what is kept of an entry may be read. */
export function isFresh(known: CachedEntry): boolean {
  return isCurrent(known.slot, known.version) && ((known.deadline - (words[CLOCK_WORD] as number)) | 0) > GUARD_MS
}

/**
 * The near cache of a cache. Absence is never kept. A hit counts as a use: its ticket goes into a ring, which every native call of any handle
 * of this thread applies and empties first, so that the policy hears of uses in their order.
 */
export class CacheNear extends Generations<CacheSource, CachedEntry> {
  /** How many tickets there are, and the tickets. */
  readonly ring: Int32Array
  /** Reads ever answered here, modulo 2^32. */
  hits = 0
  /** The one whose ring this one uses: as long as it lives it is everybody's. */
  readonly #owner: CacheNear | undefined

  constructor(limit: number, owner?: CacheNear) {
    super(limit)
    this.#owner = owner
    this.ring = this.#owner?.ring ?? new Int32Array(1 + RING)
  }

  /** Counts a read of the entry. */
  count(native: CacheSource, known: CachedEntry): void {
    const { ring } = this
    this.hits = (this.hits + 1) | 0
    const count = (ring[0] as number) + 1
    ring[count] = known.ticket
    ring[0] = count
    if (count === RING) native.touch()
  }

  /** One that keeps nothing, for a handle that is told so or closed. */
  without(): CacheNear {
    return new CacheNear(0, this)
  }

  override publish(): void {
    if (this.ring[0] !== 0) this.tell((native) => native.touch())
  }

  protected override holds(native: CacheSource, known: CachedEntry | undefined): known is CachedEntry {
    if (known === undefined || !isFresh(known)) return false
    this.count(native, known)
    return true
  }

  protected override valueOf(known: CachedEntry): unknown {
    return known.value
  }

  protected override kept(value: unknown, kind: Kind, bytes: number): CachedEntry | undefined {
    const [slot, version, , , ticket, deadline] = head as unknown as [number, number, number, number, number, number]
    return kind === ABSENT || slot === DEAD_SLOT ? undefined : new CachedEntry(value, slot, version, ticket, deadline, bytes)
  }

  protected override refill(known: CachedEntry, fresh: CachedEntry): void {
    known.value = fresh.value
    known.slot = fresh.slot
    known.version = fresh.version
    known.ticket = fresh.ticket
    known.deadline = fresh.deadline
    known.bytes = fresh.bytes
  }

  protected override answered(): number {
    return this.hits
  }
}

const nears = new PerThread<CacheNear>((limit) => new CacheNear(limit ?? DEFAULT_ENTRIES))

/** The near cache that all handles of a cache share in this thread; the latest limit given is in force. 0: one that keeps nothing. */
export function cacheNearOf(handle: object, native: CacheSource, limit: number | undefined): CacheNear {
  const near = nears.of(native.id, limit === 0 ? undefined : limit)
  native.touches(near.ring.buffer as ArrayBuffer)
  if (limit === 0 || slotWords === undefined) return near.without()
  near.join(handle, native)
  return near
}
