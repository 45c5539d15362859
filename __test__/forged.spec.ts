// Bytes of others, whose checksums fit: a delta, file or dump that somebody has forged. What is framing or plain data can neither end the process nor take its memory. V8
// reads structured clones (SECURITY.md says what that means), so of those only what it is known to withstand is tried.
import test from 'ava'
import { readFileSync, writeFileSync } from 'node:fs'
import { SharedCache, SnapshotMap } from 'shardmap'
import { folder } from './fixtures/files.js'
import { forged, keyOf, sealed, tags, type Bytes, type Tag } from './fixtures/forged.js'
import { Process } from './fixtures/processes.js'
import { fresh } from './fixtures/threads.js'
import { rejects } from './fixtures/versions.js'

const reading = new URL('./fixtures/reading.js', import.meta.url).href

/** What a process that reads each of these has told: outcomes, and its peak of memory in MiB. */
async function outcomes(values: [Tag, string][]): Promise<{ all: string[]; peak: number }> {
  const child = new Process(reading, 'readsForged', { values })
  const { code, signal, errors } = await child.ended
  const [last] = child.told.slice(-1)
  if (code !== 0) throw new Error(`after ${values[child.told.length]} the process ended with ${code ?? signal}: ${errors.slice(0, 500)}`)
  return { all: child.told.slice(0, -1).map(({ outcome }) => outcome), peak: last.peak }
}

const packed: Record<string, string> = {
  'arrays that say they have 30,000,000 elements, 20 deep: 9 GB, and an abort that nothing catches, of 100 bytes': 'dd01c9c380'.repeat(20),
  'an array of 4,294,967,295': 'ddffffffff', 'an object of 4,294,967,295': 'dfffffffffa161', 'text of 4 GiB': 'dbffffffff41', 'bytes of 4 GiB': 'c6ffffffff41',
  'arrays 20,000 deep': `${'91'.repeat(20_000)}c0`, 'nothing': '', 'two values': 'c0c0', 'text that is no UTF-8': 'a1ff', 'a tag that never is': 'c1',
  'an error': 'd46500a5', 'a record, whose reader would be compiled': 'd47240a191a161', 'a pointer to what is not there': 'd67000000000', 'a set': 'd4730091a161', 'a regular expression': 'd47800a12b',
  'typed data': 'c70274ff00', 'a date': 'd6ff00000000', 'bundled text': 'd662ffffffff', 'a number as the name of a property': '810101', '__proto__': '81a95f5f70726f746f5f5f80',
}

test('packed data that shardmap does not write is refused with the delta, and costs nothing', async t => {
  const { all, peak } = await outcomes(Object.values(packed).map(hex => ['packed', hex]))
  t.deepEqual(Object.fromEntries(Object.keys(packed).map((label, n) => [label, all[n]])), Object.fromEntries(Object.keys(packed).map(label => [label, 'ERR_SHARDMAP_CORRUPT'])))
  t.true(peak < 400, `${peak} MiB`)
})

const clones: Record<string, string> = {
  'nothing': '', 'a head alone (nodejs/node#37978)': 'ff0f', 'a version that is to come': 'ff7f30', 'a buffer of 4 GiB': 'ff0f42ffffffff0f', 'a buffer that may grow to 4 GiB': 'ff0f7e01ffffffff0f00',
  'an array of 4,294,967,295': 'ff0f41ffffffff0f', 'text of 4 GiB': 'ff0f22ffffffff0f41', 'a bigint of 1 GiB': 'ff0f5a8080808008',
  'a view of a number, which would be memory of its own': 'ff0f5c010100ffffffff0f4980808080', 'a view of its own 4 GiB': 'ff0f5c0100ffffffff0f', 'a view of an unknown type': 'ff0f5cffffffff0f01',
  'shared memory': 'ff0f7500', 'a module of WebAssembly': 'ff0f7700', 'objects 3,000 deep': `ff0f${'6f220161'.repeat(3_000)}`, 'a reference to nothing': 'ff0f5e7f',
}

test('clones that shardmap does not write are errors with a code, and cost nothing', async t => {
  const { all, peak } = await outcomes([...Object.values(clones).map((hex): [Tag, string] => ['clone', hex]), ...Object.values(clones).map((hex): [Tag, string] => ['mixed', hex])])
  for (const [n, outcome] of all.entries()) t.regex(outcome, /^(ERR_SHARDMAP_(CORRUPT|VALUE)|read as \w+)$/, Object.keys(clones)[n % Object.keys(clones).length])
  t.true(all.filter(outcome => outcome.startsWith('ERR_')).length >= 2 * Object.keys(clones).length - 6)
  t.true(peak < 400, `${peak} MiB`)
})

test('a clone that the other engine has written is told from damage: by Bun, where this is Node or Deno, and the other way about', async t => {
  const map = SnapshotMap.open<string, unknown>(fresh('versions'))
  const date = 'Bun' in globalThis ? 'ff0f440000000000001440' : '0e0000000b0000000000001440'
  await map.applyDelta(forged([[keyOf('date'), tags.mixed, [...Buffer.from(date, 'hex')]], [keyOf('plain'), tags.latin1, [97]]]))
  t.throws(() => map.get('date'), { code: 'ERR_SHARDMAP_VALUE', message: /written by (Bun|Node or Deno)/ })
  t.is(map.get('plain'), 'a')
})

test('text and numbers that shardmap does not write are read as something, or refused', async t => {
  const { all } = await outcomes([['utf16', '61'], ['utf16', ''], ['utf16', '00d8'], ['latin1', 'ff00'], ['bigint', ''], ['bigint', '02'], ['bigint', '0100000000'], ['bytes', ''], ['number', '01']])
  for (const outcome of all) t.regex(outcome, /^(ERR_SHARDMAP_\w+|read as \w+)$/)
})

const heads: Record<string, (key: Bytes) => Uint8Array> = {
  'says it has 2^53 rows': key => forged([[key, tags.latin1, [97]]], 2 ** 53 - 1),
  'says it has no row, and has one': key => forged([[key, tags.latin1, [97]]], 0),
  'has a value of an unknown kind': key => forged([[key, 200, [97]]]),
  'has a key that is none': () => forged([[[0x99, 1], tags.latin1, [97]]]),
  'has a key without its end': () => forged([[[0x30, 97], tags.latin1, [97]]]),
  'has an empty key': () => forged([[[], tags.latin1, [97]]]),
  'has a tuple in a tuple': () => forged([[[0x40, 0x40], tags.latin1, [97]]]),
  'has lengths beyond 64 bits': key => sealed([...Buffer.from(forged([])).subarray(0, -33), 1, ...Array(11).fill(0xff), ...key]),
  'goes on behind its rows': key => sealed([...Buffer.from(forged([[key, tags.latin1, [97]]])).subarray(0, -32), 0]),
}
for (const [what, make] of Object.entries(heads)) {
  test(`a delta whose digest fits is refused when it ${what}`, async t => {
    const map = SnapshotMap.open<string, unknown>(fresh('versions'))
    await rejects(t, 'ERR_SHARDMAP_CORRUPT', () => map.applyDelta(make(keyOf('k'))))
    t.is(map.version, 0n)
    t.is(await map.applyDelta(forged([[keyOf('k'), tags.latin1, [97]]])), 1n, 'the forger can forge')
    t.is(map.get('k'), 'a')
  })
}

test('a file or dump that is another thing by its first bytes is refused, and the right one is taken in its place', async t => {
  const path = `${folder(t)}/it`
  const map = SnapshotMap.open<string, unknown>(fresh('versions'), { path })
  map.commitSync([['a', 1]])
  SnapshotMap.destroy(map.name)
  const whole = readFileSync(path)
  const refused = (label: string): void => void t.throws(() => SnapshotMap.open(fresh('versions'), { path }), { code: 'ERR_SHARDMAP_CORRUPT' }, label)
  for (const text of ['{"json":1}', 'SQLite format 3\0', '\x7fELF', '\0'.repeat(8192)]) {
    writeFileSync(path, text)
    refused(text.slice(0, 20))
  }
  writeFileSync(path, whole)
  t.is(SnapshotMap.open<string, unknown>(fresh('versions'), { path }).get('a'), 1)
  const cache = SharedCache.open(fresh('cache'), { max: 10 })
  for (const bytes of ['SMCACHE1', `SMCACHE1${'\xff'.repeat(64)}`, 'SMCACHE2'.repeat(9)]) {
    writeFileSync(`${path}.dump`, bytes, 'latin1')
    await rejects(t, 'ERR_SHARDMAP_CORRUPT', () => cache.load(`${path}.dump`), bytes)
  }
})
