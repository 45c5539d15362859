// Snapshots of the registers: of one instant, and the same for as long as they are held.
import type { Key, SharedMap, Snapshot } from 'shardmap'
import { indexOf, keyOf, placeIn, placeOf, seatOf } from '../keys.js'
import { isPanic, type Actor, type Life } from '../life.js'
import { fits, type Marks } from '../marks.js'
import { REGISTERS } from '../shared.js'

/** Keys that their writer gives one number after the other, in this order. */
const ORDERED = 4
const HELD = 3

interface Held {
  snapshot: Snapshot<Key, unknown>
  numbers: Map<number, number>
  /** Whether all of it was read: a panic that another thread has asked for may cut the reading off. */
  isRead: boolean
}

/** A call of another thread may have asked for the panic that came here: the second close is not hit. */
export function closed(open: { close(): void }): void {
  try {
    open.close()
  } catch (error) {
    if (!isPanic(error)) throw error
    open.close()
  }
}

export function snapshots(life: Life, map: SharedMap<Key, any>, marks: Marks, found: (place: number, value: unknown) => number | undefined): Actor & { rest(): void } {
  const held: Held[] = []
  let last = 0n
  const ordered = (seat: number, i: number): Key => ['ordered', seat, i]
  let number: number | undefined

  /** With what its life before may have left half done done first. */
  function writeOrdered(): void {
    const first = Number(map.get(ordered(life.seat, 0)) ?? 0)
    number = number === first ? first + 1 : first
    for (let i = 0; i < ORDERED; i++) map.set(ordered(life.seat, i), number)
  }

  function inOrder(numbers: readonly number[], what: string): void {
    const holds = numbers.every((n, i) => i === 0 || (n <= numbers[i - 1] && n >= numbers[0] - 1))
    life.check('snapshot of one instant', holds, () => `${what}: ${numbers.join(' ')}, written one after the other`)
  }

  function take(): void {
    const keys = Array.from({ length: life.seats * REGISTERS }, (_, n) => placeOf(Math.floor(n / REGISTERS), n % REGISTERS))
    const told = keys.map(place => marks.told(seatOf(place), indexOf(place)))
    const snapshot = map.snapshot()
    const intended = keys.map(place => marks.intended(seatOf(place), indexOf(place)))
    const numbers = new Map<number, number>()
    const one: Held = { snapshot, numbers, isRead: false }
    held.push(one)
    life.check('version rises', snapshot.version > last, () => `snapshot ${snapshot.version} after ${last}`)
    last = snapshot.version
    keys.forEach((place, at) => {
      const n = found(place, snapshot.get(keyOf(place)))
      life.check('snapshot of one instant', fits(told[at], intended[at], n), () => `${place} is ${n}, between ${told[at]} and ${intended[at]}`)
      if (n !== undefined) numbers.set(place, n)
    })
    one.isRead = true
    for (let seat = 0; seat < life.seats; seat++) inOrder(Array.from({ length: ORDERED }, (_, i) => Number(snapshot.get(ordered(seat, i)) ?? 0)), 'a snapshot')
    life.check('snapshot of one instant', +snapshot.at <= Date.now() + 1_000, () => `taken at ${snapshot.at}`)
    if (held.length > HELD) closed(held.shift()!.snapshot)
  }

  /** What a held one says now is what it said first. */
  function look(): void {
    const one = held[life.below(held.length)]
    if (!one?.isRead) return
    const { snapshot, numbers } = one
    const rows = life.pick([() => [...snapshot], () => [...snapshot.entries()]])()
    const same = rows.filter(([key]) => placeIn(key) !== undefined)
    const holds = same.length === numbers.size && same.every(([key, value]) => numbers.get(placeIn(key)!) === found(placeIn(key)!, value))
    life.check('snapshot stays', holds && rows.length === snapshot.size, () => `${same.length} registers of ${numbers.size}, ${rows.length} rows of ${snapshot.size}`)
    const [keys, values] = [[...snapshot.keys()], [...snapshot.values()]]
    life.check('snapshot stays', keys.length === rows.length && values.length === rows.length && keys.every(key => snapshot.has(key)), () => `${keys.length} keys`)
  }

  function readOrdered(): void {
    const seat = life.below(life.seats)
    const keys = Array.from({ length: ORDERED }, (_, i) => ordered(seat, i))
    inOrder(map.getMany(keys, { consistent: true }).map(n => Number(n ?? 0)), 'a consistent getMany')
  }

  return {
    steps: [{ weight: 60, run: writeOrdered }, { weight: 40, run: readOrdered }, { weight: 5, run: take }, { weight: 5, run: look }],
    rest() {
      for (const { snapshot } of held.splice(0)) closed({ close: () => (life.chance(0.5) ? snapshot.close() : snapshot[Symbol.dispose]()) })
    },
  }
}
