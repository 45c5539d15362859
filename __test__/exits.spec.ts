// A process that ends while its threads are in the middle of everything: the quick form of ci/lifetimes.sh.
import test from 'ava'
import { endsUnderLoad } from './fixtures/exiting.js'
import { WAYS, type Way } from './fixtures/exits.js'
import { folder } from './fixtures/files.js'

const durabilities = ['immediate', 'eventual', 'none'] as const
for (const [at, way] of (Object.keys(WAYS) as Way[]).entries()) {
  test.serial(`a process ends under load by its code, in silence, and its file has what was acknowledged (${way})`, async t => {
    await endsUnderLoad(way, durabilities[at % 3], Math.floor(Math.random() * 2 ** 31), `${folder(t)}/world`)
    t.pass()
  })
}
