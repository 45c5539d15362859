// A SharedMap whose keys have one writer each and all threads as readers: every way to write, every way to read.
import { SharedMap, type Batch, type Key } from 'shardmap'
import { keyOf, placeIn, placeOf, seatOf, indexOf } from '../keys.js'
import type { Actor, Life } from '../life.js'
import { fits, isPresent, Marks, numberOf, type Mark } from '../marks.js'
import { make, numberIn } from '../parts.js'
import { REGISTERS } from '../shared.js'
import { snapshots } from './register-snapshots.js'

export const NAME = 'registers'
/** The last ones are written through batches only. */
const BATCHED = 6
const DIRECT = REGISTERS - BATCHED

type Map = SharedMap<Key, unknown>

export function registers(life: Life): Actor {
  const near: Map = SharedMap.open(NAME, { near: 512 })
  const far: Map = SharedMap.open(NAME, { near: 0 })
  const marks = new Marks(life.shared.registers, REGISTERS)
  const { seat } = life
  let batch: Batch<Key, unknown> | undefined

  const found = (place: number, value: unknown): number | undefined => {
    if (value === undefined) return undefined
    const n = numberIn(place, value)
    life.check('value whole', n !== undefined, () => `${NAME} ${place} has ${String(value)}`)
    return n
  }

  function write(): void {
    const i = life.below(DIRECT)
    const place = placeOf(seat, i)
    const key = keyOf(place)
    const before = far.get(key)
    const present = life.chance(0.8)
    const way = life.below(7)
    const map = life.chance(0.5) ? near : far
    if (present && way > 4) {
      marks.begin(seat, i, false)
      map.delete(key)
    }
    const n = marks.begin(seat, i, present)
    const next = present ? make(place, n) : undefined
    const returns = (holds: boolean, what: string): void => life.check('what a write returns', holds, () => `${what} of ${place} with ${String(before)} before`)
    if (present) {
      if (way === 0) map.set(key, next)
      else if (way === 1) returns(found(place, map.swap(key, next)) === found(place, before), 'swap')
      else if (way === 2) returns(found(place, map.update(key, () => next)) === n, 'update')
      else if (way === 3) returns(map.compareAndSet(key, before, next), 'compareAndSet')
      else if (way === 4) map.setMany([[key, make(place, n + 1)], [key, next]])
      else if (way === 5) returns(found(place, map.getOrInsert(key, next)) === n, 'getOrInsert')
      else returns(found(place, map.getOrInsertComputed(key, () => next)) === n, 'getOrInsertComputed')
    } else if (way < 2) {
      if (way === 0) returns(map.delete(key) === (before !== undefined), 'delete')
      else returns(map.deleteMany([key]) === (before === undefined ? 0 : 1), 'deleteMany')
    } else if (way < 4) returns(map.update(key, () => undefined) === undefined, 'update')
    else returns(map.compareAndSet(key, before, undefined), 'compareAndSet')
    marks.done(seat, i)
    const [read, has] = [found(place, near.get(key)), near.has(key)]
    const seen = (): string => `${place} is ${read} (has ${has}), natively ${found(place, far.get(key))}, after ${present ? n : 'its deletion'} by way ${way} of the ${map === near ? 'near' : 'far'} handle`
    life.check('own write is read', read === (present ? n : undefined) && has === present, seen)
  }

  /** The batch's writes are told when they have crossed, all of them. */
  function writeBatched(): void {
    batch ??= near.batch({ size: 8, intervalMs: life.pick([1, 5]) })
    const touched = new Set<number>()
    for (let count = life.below(8); count >= 0; count--) {
      const i = DIRECT + life.below(BATCHED)
      const place = placeOf(seat, i)
      const present = life.chance(0.7)
      const n = marks.begin(seat, i, present)
      if (present) batch.set(keyOf(place), make(place, n))
      else batch.delete(keyOf(place))
      touched.add(i)
      life.check('own write is read', found(place, batch.get(keyOf(place))) === (present ? n : undefined), () => `batch, ${place}`)
    }
    life.check('what a write returns', batch.pending <= 8, () => `${batch!.pending} pending`)
    batch.flush()
    for (const i of touched) marks.done(seat, i)
    if (life.chance(0.1)) endBatch()
  }

  function endBatch(): void {
    const ended = batch
    batch = undefined
    if (life.chance(0.5)) ended?.close()
    else ended?.[Symbol.dispose]()
  }

  function read(): void {
    const [of, i] = [life.below(life.seats), life.below(REGISTERS)]
    const place = placeOf(of, i)
    const key = keyOf(place)
    const told = marks.told(of, i)
    const way = life.below(6)
    let value: unknown
    if (way < 3) value = near.get(key)
    else if (way === 3) value = far.get(key)
    else if (way === 4) [, value] = near.getMany([keyOf(placeOf(of, 0)), key])
    else [value] = near.getMany([key, keyOf(placeOf(of, 0))], { consistent: true })
    const intended = marks.intended(of, i)
    life.check('write told is read', fits(told, intended, found(place, value)), () => `${place} is ${String(value)} between ${told} and ${intended}`)
    if (told === marks.intended(of, i)) {
      const has = near.has(key)
      life.check('write told is read', told !== marks.intended(of, i) || has === isPresent(told), () => `has ${place} is ${has} at ${told}`)
    }
  }

  const allMarks = (look: (seat: number, i: number) => Mark): Mark[][] =>
    Array.from({ length: life.seats }, (_, of) => Array.from({ length: REGISTERS }, (_, i) => look(of, i)))

  /** A pass over the map: what is there throughout comes exactly once, everything at most once. */
  function sweep(): void {
    const told = allMarks((of, i) => marks.told(of, i))
    const way = life.below(6)
    const rows: [Key, unknown][] = []
    const map = life.chance(0.5) ? near : far
    if (way === 0) rows.push(...map)
    else if (way === 1) rows.push(...map.entries())
    else if (way === 2) map.forEach((value, key) => rows.push([key, value]))
    else if (way === 3) for (const key of map.keys()) rows.push([key, undefined])
    else if (way === 4) for (const value of map.values()) rows.push(['a value', value])
    else rows.push(...map.scan(['key']))
    const intended = allMarks((of, i) => marks.intended(of, i))
    if (way === 4) return
    const seen = new Set<number>()
    for (const [key, value] of rows) {
      const place = placeIn(key)
      if (place === undefined) continue
      life.check('iteration exact', !seen.has(place), () => `${place} came twice`)
      seen.add(place)
      const [of, i] = [seatOf(place), indexOf(place)]
      if (way !== 3) life.check('iteration exact', fits(told[of][i], intended[of][i], found(place, value)), () => `${place} came as ${String(value)}`)
    }
    for (let of = 0; of < life.seats; of++) {
      for (let i = 0; i < REGISTERS; i++) {
        const place = placeOf(of, i)
        if (told[of][i] !== intended[of][i] || (way === 5 && !Array.isArray(keyOf(place)))) continue
        life.check('iteration exact', seen.has(place) === isPresent(told[of][i]), () => `${place}, ${told[of][i]} throughout, came ${seen.has(place)}`)
      }
    }
  }

  function looks(): void {
    life.check('what a write returns', near.name === NAME && near[Symbol.toStringTag] === 'SharedMap' && SharedMap.names().includes(NAME), () => 'the name')
    near.reserve(100)
    const { entries, bytes, gets, hits, nearHits } = near.stats()
    life.check('size exact at rest', near.size >= 0 && entries >= 0 && bytes >= 0 && gets >= 0 && hits >= 0 && nearHits >= 0, () => 'a negative figure')
  }

  const held = snapshots(life, near, marks, found)
  return {
    steps: [
      { weight: 220, run: write }, { weight: 40, run: writeBatched }, { weight: 400, run: read }, { weight: 3, run: sweep }, { weight: 4, run: looks }, ...held.steps,
    ],
    rest() {
      if (batch !== undefined) endBatch()
      return held.rest()
    },
    agree() {
      for (const [key, value] of far) {
        const place = placeIn(key)
        if (place !== undefined) life.check('near agrees with native at rest', found(place, near.get(key)) === found(place, value), () => `${place}`)
      }
      for (let of = 0; of < life.seats; of++) {
        for (let i = 0; i < REGISTERS; i++) {
          const [place, told] = [placeOf(of, i), marks.told(of, i)]
          const n = found(place, near.get(keyOf(place)))
          const exact = told !== marks.intended(of, i) || n === (isPresent(told) ? numberOf(told) : undefined)
          life.check('near agrees with native at rest', exact, () => `${place} is ${n} and was told as ${told}`)
        }
      }
    },
  }
}
