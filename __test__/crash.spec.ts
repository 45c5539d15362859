// kill -9 at random instants, again and again on one file: nothing acknowledged is lost, nothing is torn. `ci/crash.sh` does more rounds of it.
import test from 'ava'
import { crashAndCheck } from './fixtures/crashes.js'
import { folder } from './fixtures/files.js'

test('twenty kills lose nothing that was acknowledged and tear nothing', async t => {
  const { acknowledged, version } = await crashAndCheck(`${folder(t)}/map`, 20, 'immediate')
  t.true(acknowledged > 100 && version >= acknowledged, `${acknowledged} commits, version ${version}`)
})

for (const durability of ['eventual', 'none']) {
  test(`kills leave whole commits (${durability})`, async t => {
    const { acknowledged } = await crashAndCheck(`${folder(t)}/map`, 5, durability)
    t.true(acknowledged > 0)
  })
}
