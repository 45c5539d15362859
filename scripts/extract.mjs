// What reading values costs with msgpackr-extract and without it: node scripts/extract.mjs
// Two processes that differ in nothing else take turns; each reads every value from the table and decodes it. The time is the processor's; the ratio is taken round by round.
import { fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './ensure.mjs'

const ROUNDS = 61
const ROUND_MS = 25
const text = (length, seed) => Array.from({ length }, (_, i) => String.fromCharCode(97 + ((i * 7 + seed * 13) % 26))).join('')
const list = (length, make) => Array.from({ length }, (_, i) => make(i))
const values = {
  'small object: 4 properties, 2 short strings': { id: 7, name: 'Ada Lovelace', role: 'admin', active: true },
  '100 numbers': list(100, (i) => i * 1.5),
  '20 strings of 12 characters': list(20, (i) => text(12, i)),
  '200 strings of 12 characters': list(200, (i) => text(12, i)),
  '200 strings of 40 characters': list(200, (i) => text(40, i)),
  '100 records with 5 strings each': list(100, (i) => ({ id: i, name: text(14, i), mail: text(22, i), city: text(9, i), street: text(18, i), country: text(11, i) })),
  '20 strings of 2,000 characters': list(20, (i) => text(2_000, i)),
}

function read() {
  const { SharedMap } = createRequire(import.meta.url)(join(root, 'dist', 'index.js'))
  const map = SharedMap.open('values', { near: 0 })
  for (const [name, value] of Object.entries(values)) map.set(name, value)
  process.on('message', (name) => {
    let [reads, used] = [0, 0]
    const from = process.cpuUsage()
    do {
      for (let i = 0; i < 20; i++, reads++) map.get(name)
      const { user, system } = process.cpuUsage(from)
      used = user + system
    } while (used < ROUND_MS * 1000)
    process.send((used / reads) * 1000)
  })
}

const ask = (child, name) => new Promise((resolve) => child.once('message', resolve).send(name))
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

async function compare() {
  const start = (off) => fork(fileURLToPath(import.meta.url), ['read'], { env: { ...process.env, MSGPACKR_NATIVE_ACCELERATION_DISABLED: off } })
  const [withIt, without] = [start('false'), start('true')]
  const row = (...cells) => console.log(cells.map((cell, at) => (at === 0 ? cell.padEnd(46) : cell.padStart(14))).join(''))
  row('', 'with, ns', 'without, ns', 'without/with', 'middle half')
  for (const name of Object.keys(values)) {
    const rounds = []
    for (let round = -3; round < ROUNDS; round++) {
      const turn = round % 2 === 0 ? [withIt, without] : [without, withIt]
      const one = [await ask(turn[0], name), await ask(turn[1], name)]
      if (round >= 0) rounds.push(turn[0] === withIt ? one : one.reverse())
    }
    const ratios = rounds.map(([a, b]) => b / a).sort((a, b) => a - b)
    const quartiles = [0.25, 0.75].map((part) => ratios[Math.floor(part * ROUNDS)].toFixed(2)).join(' to ')
    row(name, ...[0, 1].map((side) => Math.round(median(rounds.map((round) => round[side]))).toLocaleString('en')), median(ratios).toFixed(2), quartiles)
  }
  withIt.kill()
  without.kill()
}

if (process.argv[2] === 'read') read()
else await compare()
