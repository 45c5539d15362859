// worker.terminate() at any instant leaves the map usable: no lock is held, nothing is half done.
import test from 'ava'
import { SharedMap } from 'shardmap'
import { fresh, start, together } from './fixtures/threads.js'

const lives = new URL('./fixtures/lives.js', import.meta.url).href
const counting = new URL('./fixtures/counting.js', import.meta.url).href

/** Takes every lock of the map, exclusively too. A lock left behind would stop this for good. */
function usesEverything(map: SharedMap<any, any>): number {
  for (let i = 0; i < 64; i++) map.set(`k${i}`, { i: -1, text: '' })
  map.setMany([['own', 1], ['m1', 'again']])
  map.update('updated', v => (v ?? 0) + 1)
  const snapshot = map.snapshot()
  let entries = 0
  for (const [key, value] of map) {
    if (typeof key !== 'string' || value === undefined) throw new Error('a torn entry')
    entries++
  }
  if ([...snapshot].length !== snapshot.size) throw new Error('a torn snapshot')
  snapshot.close()
  if (entries !== map.size) throw new Error(`${entries} entries, size ${map.size}`)
  return map.increment('own')
}

test('fifty threads ended in the middle of their work leave the map usable', async t => {
  const name = fresh()
  const map = SharedMap.open<any, any>(name, { shards: 8 })
  for (let round = 0; round < 25; round++) {
    const threads = [0, 1].map(seat => start(lives, 'worksForEver', { name, seat }))
    await Promise.all(threads.map(thread => thread.next()))
    await Promise.all(threads.map(thread => thread.end()))
    t.is(usesEverything(map), 2)
  }
  await together(counting, 'increments', [{ name, times: 500 }, { name, times: 500 }])
  t.is(map.get('n'), 1000)
  map.clear()
  t.is(map.size, 0)
  t.is(map.stats().entries, 0)
})

test('a thread ended while another destroys its map harms nobody', async t => {
  for (let round = 0; round < 5; round++) {
    const name = fresh()
    SharedMap.open<any, any>(name)
    const thread = start(lives, 'worksUntilDestroyed', { name, seat: round })
    await thread.next()
    SharedMap.destroy(name)
    t.is(await thread.done, 'ERR_SHARDMAP_CLOSED')
    await thread.end()
    t.is(SharedMap.open<any, any>(name).size, 0)
  }
})
