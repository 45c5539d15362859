// A disk that takes no more: here a limit on the size of files, which the system enforces as it does a full disk.
import test from 'ava'
import { SnapshotMap } from 'shardmap'
import { folder } from './fixtures/files.js'
import { Process } from './fixtures/processes.js'
import { fresh } from './fixtures/threads.js'

const durable = new URL('./fixtures/durable.js', import.meta.url).href

for (const durability of ['immediate', 'eventual', 'none']) {
  test(`a commit that the disk refuses fails, and so do all after it, while reads go on (${durability})`, async t => {
    const path = `${folder(t)}/map`
    const child = new Process(durable, 'commitsUntilRefused', { path, durability }, { fileBlocks: 12_000 })
    const { code, message, codes, second, memory, file, lost } = await child.tells()
    t.is((await child.ended).code, 0)
    t.is(code, 'ERR_SHARDMAP_IO')
    t.regex(message, /too large|refused|space/)
    t.deepEqual(codes, Array(5).fill('ERR_SHARDMAP_IO'))
    t.regex(second, /no commits any more.*destroy the map and open it again/)
    const { last } = memory
    t.true(last > 10)
    t.deepEqual(memory, { last, version: last, n: last, o: last, held: last, before: last - 1 })
    const at = file.version
    t.deepEqual(file, at === 0 ? { version: 0, size: 0 } : { version: at, n: at, o: at, size: at + 2 }, 'the file has whole commits')
    if (durability === 'immediate') t.is(at, last, 'memory and file agree')
    t.is(lost, at < last ? 'ERR_SHARDMAP_IO' : null, 'destroy says so if anything acknowledged is not in the file')

    const map = SnapshotMap.open<string, any>(fresh(), { path })
    t.is(map.version, BigInt(at))
    t.is(await map.commit([['n', 'more']]), BigInt(at + 1), 'where there is room, it goes on')
    SnapshotMap.destroy(map.name)
  })
}
