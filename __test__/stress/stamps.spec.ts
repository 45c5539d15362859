// Version stamps: they rise with each write, and a read with a stamp gets the newest committed version that is not after it.
import test from 'ava'
import { SnapshotMap } from 'shardmap'
import { fresh, together } from '../fixtures/threads.js'
import { modes, rowsOf } from '../fixtures/versions.js'
import { unexplained, versionsOf, type Read, type Write } from './fixtures/sessions.js'

const sessions = new URL('./fixtures/sessions.js', import.meta.url).href
const mixed = new URL('./fixtures/mixed.js', import.meta.url).href

for (const mode of modes) {
  test(`what sessions read with stamps while three threads write is what those versions have, and never goes back (${mode})`, async t => {
    const [writers, times, keys] = [3, 500, 40]
    const map = SnapshotMap.open<number, number>(fresh(), { mode, history: 64 })
    const jobs = [
      ...Array.from({ length: writers }, (_, seat) => ({ job: 'writesStamped', seat, times })),
      ...[0, 1].map(seat => ({ job: 'readsStamped', seat, times: 3000 })),
    ]
    const results: (Write & Read)[][] = await together(mixed, 'mixed', jobs.map(job => ({ module: sessions, name: map.name, keys, ...job })))
    const [written, read] = [results.slice(0, writers), results.slice(writers)]
    for (const mine of written) {
      const versions = mine.map(({ version }) => version)
      t.deepEqual(versions, [...versions].sort((a, b) => Number(a - b)), 'stamps of one writer rise')
    }
    const seats = new Map(written.flatMap((mine, seat) => mine.map(write => [write as Write, seat])))
    const { contents, strange } = versionsOf(written.flat(), write => seats.get(write)!)
    t.deepEqual(strange, [])
    t.is(map.version, BigInt(writers * times))
    t.deepEqual(rowsOf(map.snapshot()), rowsOf(contents.at(-1)!))
    for (const reads of read) t.deepEqual(unexplained(reads, contents), [])
    t.true(read.flat().some(({ version }) => version > 0n && version < map.version), 'the writers went on meanwhile')
  })
}

test('a read that is not of its stamp is found: of another version, or of a value that was overwritten', t => {
  const writes: Write[] = [{ version: 1n, key: 0, value: 1 }, { version: 2n, key: 0, value: 2 }, { version: 3n, key: 1, value: 3 }, { version: 4n, key: 0, value: undefined }]
  const { contents, strange } = versionsOf(writes, () => 0)
  t.deepEqual(strange, [])
  const read = (asked: bigint, version: bigint, key: number, value?: number): Read => ({ asked, version, key, value })
  t.deepEqual(unexplained([read(1n, 1n, 0, 1), read(2n, 2n, 0, 2), read(3n, 3n, 0, 2), read(4n, 4n, 0), read(0n, 0n, 0), read(3n, 3n, 1, 3)], contents), [])
  for (const wrong of [read(2n, 1n, 0, 1), read(2n, 2n, 0, 1), read(4n, 4n, 0, 2), read(3n, 3n, 0), read(1n, 1n, 1, 3)]) t.is(unexplained([wrong], contents).length, 1)
  t.is(versionsOf([...writes, { version: 2n, key: 5, value: 5 }], write => Number(write.key === 5)).strange.length, 1, 'two writers with one stamp')
  t.is(versionsOf(writes.filter(({ version }) => version !== 2n), () => 0).strange.length, 1, 'a stamp that nobody had')
})
