// What several threads recorded of their calls has an order that explains it.
// One recording at a time: the threads of one are to meet each other.
import test from 'ava'
import { hot, impossible, recorded, settings, type Length, type Setting } from './fixtures/recordings.js'
import type { Structure } from './fixtures/recorder.js'

const short: Length = { histories: 2, rounds: 10, calls: 60 }

for (const setting of settings) {
  test.serial(`histories of three threads are linearizable (${setting.label})`, async t => {
    const histories = await recorded(setting, short)
    t.true(histories.every(calls => calls.length > 1500))
    t.deepEqual(histories.map(impossible), [[], []])
  })
}

test.serial('tickets order calls as the clock does, in runtimes where each thread has a clock of its own', async t => {
  const [calls] = await recorded(hot('map'), { ...short, histories: 1 }, true)
  // A call for two keys is recorded as two of the same time.
  const pairs = new Set(calls.map(({ start, end }) => `${start} ${end}`))
  t.is(new Set(calls.flatMap(({ start, end }) => [start, end])).size, 2 * pairs.size)
  t.deepEqual(impossible(calls), [])
})

for (const structure of ['map', 'versions', 'cache'] as Structure[]) {
  test.serial(`a reader that does not validate its near cache is found (${structure})`, async t => {
    // With no removal among them, what it first read of a key never comes again, and every later round writes every key.
    const keys = ['a', 'b', 'c']
    const writer = { neverRemoves: true }
    const setting = (fault: boolean): Setting => ({ label: 'fault', structure, keys, seats: [writer, writer, { readsOnly: true, fault }] })
    const [calls] = await recorded(setting(true), { ...short, histories: 1 })
    t.deepEqual(impossible(calls), keys)
    t.deepEqual(impossible((await recorded(setting(false), { ...short, histories: 1 }))[0]), [], 'the same without the fault')
  })
}
