// Paths and files that a map may have, and those it refuses and leaves as they are.
import test from 'ava'
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { SnapshotMap } from 'shardmap'
import { refuses } from './fixtures/codes.js'
import { digest, folder } from './fixtures/files.js'
import { fresh } from './fixtures/threads.js'

const open = (path: string, options = {}) => SnapshotMap.open<any, any>(fresh(), { path, ...options })

test('all spellings of a path are one path', t => {
  const root = folder(t)
  const path = join(root, 'map')
  mkdirSync(join(root, 'deep'))
  symlinkSync(root, join(root, 'linked'))
  const name = fresh()
  const map = SnapshotMap.open<string, number>(name, { path })
  map.commitSync([['a', 1]])
  symlinkSync(path, join(root, 'link'))
  const spellings = [
    path, relative(process.cwd(), path), `${root}/./map`, `${root}//map`, `${root}/deep/../map`, `${root}/linked/map`, `${root}/linked/linked/map`,
    `${root}/link`, `${root}/linked/deep/../link`,
  ]
  for (const spelling of spellings) {
    t.is(SnapshotMap.open<string, number>(name, { path: spelling }).get('a'), 1, spelling)
    refuses(t, 'ERR_SHARDMAP_LOCKED', () => open(spelling), spelling)
  }
  SnapshotMap.destroy(name)
  for (const spelling of spellings) {
    const again = open(spelling)
    t.is(again.get('a'), 1, spelling)
    SnapshotMap.destroy(again.name)
  }
})

test('an option that differs from what the map was opened with is a mismatch that names both', t => {
  const root = folder(t)
  const given = { path: join(root, 'map'), history: 5, mode: 'copy', durability: 'eventual' } as const
  const name = fresh()
  SnapshotMap.open(name, given)
  for (const options of [{}, given, { history: 5 }, { mode: 'copy' }, { path: given.path }, { durability: 'eventual' }, { near: 3 }] as const) {
    SnapshotMap.open(name, options).close()
  }
  const others = { path: join(root, 'other'), history: 6, mode: 'delta', durability: 'immediate' } as const
  for (const option of Object.keys(others) as (keyof typeof others)[]) {
    const { message } = refuses(t, 'ERR_SHARDMAP_MISMATCH', () => SnapshotMap.open(name, { ...given, [option]: others[option] }), option)
    for (const part of [option, `${given[option]}`, `${others[option]}`]) t.true(message.includes(part), message)
  }
  t.deepEqual(readdirSync(root), ['map'], 'and no other file was made')
  const memory = fresh()
  SnapshotMap.open(memory)
  refuses(t, 'ERR_SHARDMAP_MISMATCH', () => SnapshotMap.open(memory, { path: join(root, 'other') }))
  SnapshotMap.destroy(name)
})

test('a path that can be no file of a map is refused with a code, and nothing is made', t => {
  const root = folder(t)
  mkdirSync(join(root, 'folder'))
  writeFileSync(join(root, 'file'), 'text')
  symlinkSync(join(root, 'nowhere'), join(root, 'dangling'))
  symlinkSync(join(root, 'loop'), join(root, 'loop'))
  execFileSync('mkfifo', [join(root, 'pipe')])
  const bad: Record<string, [any, 'OPTION' | 'IO']> = {
    empty: ['', 'OPTION'], zero: [`${root}/a\0b`, 'OPTION'], surrogate: [`${root}/\uD800`, 'OPTION'], number: [5, 'OPTION'], null: [null, 'OPTION'],
    folder: [root, 'OPTION'], 'a file in a missing folder': [`${root}/missing/map`, 'IO'], 'a file in a file': [`${root}/file/map`, 'IO'],
    'a new folder': [`${root}/new/`, 'OPTION'], 'a dangling link': [`${root}/dangling`, 'OPTION'], 'a loop of links': [`${root}/loop`, 'IO'],
    pipe: [`${root}/pipe`, 'OPTION'], 'too long a name': [`${root}/${'n'.repeat(300)}`, 'IO'], device: ['/dev/null', 'OPTION'],
  }
  const before = readdirSync(root)
  for (const [label, [path, code]] of Object.entries(bad)) refuses(t, `ERR_SHARDMAP_${code}`, () => open(path), label)
  t.deepEqual(readdirSync(root), before)
  t.is(readFileSync(join(root, 'file'), 'utf8'), 'text')
})

/** A file with some commits, closed in order. */
function healthy(path: string): void {
  const map = open(path)
  for (let n = 1; n <= 20; n++) map.commitSync(Array.from({ length: 50 }, (_, i) => [[n % 3, i], { n, text: 'x'.repeat(i * 7) }]))
  SnapshotMap.destroy(map.name)
}

const content = (path: string): unknown => {
  const map = open(path)
  const all = [...map.snapshot()].sort(([one], [other]) => one[0] - other[0] || one[1] - other[1])
  const versions = map.versions()
  SnapshotMap.destroy(map.name)
  return { all, versions }
}

/** Whether the file is refused as damaged and stays what it was. */
function isRefused(path: string): boolean {
  const before = digest(path)
  try {
    content(path)
    return false
  } catch (error: any) {
    if (error.code !== 'ERR_SHARDMAP_CORRUPT' || !error.message.includes(path)) throw error
  }
  if (digest(path) !== before) throw new Error('a file that was refused has changed')
  return true
}

test('a file that is cut anywhere is refused and stays as it is', t => {
  const root = folder(t)
  const path = join(root, 'map')
  healthy(path)
  const { length } = readFileSync(path)
  for (const keep of [1, 8, 100, 4095, 4096, 5000, 8192, length >> 2, length >> 1, length - 4096, length - 1]) {
    copyFileSync(path, join(root, 'cut'))
    truncateSync(join(root, 'cut'), keep)
    t.true(isRefused(join(root, 'cut')), `${keep} of ${length} bytes`)
  }
  t.deepEqual(readdirSync(root).sort(), ['cut', 'map'])
})

test('a file of somebody else is refused and stays as it is', t => {
  const path = join(folder(t), 'map')
  const foreign: Record<string, string | Buffer> = {
    text: 'not a map\n', letters: 'x'.repeat(100_000), zeros: Buffer.alloc(1 << 20), ones: Buffer.alloc(50_000, 0xff),
    sqlite: Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8176)]), 'a head alone': Buffer.concat([Buffer.from('redb\x1a\x0a\xa9\x0d\x0a'), Buffer.alloc(9000, 1)]),
  }
  for (const [label, bytes] of Object.entries(foreign)) {
    writeFileSync(path, bytes)
    t.true(isRefused(path), label)
  }
})

test('a file with any one bit flipped is refused and stays as it is, or reads as it was', t => {
  const root = folder(t)
  const [path, flipped] = [join(root, 'map'), join(root, 'flipped')]
  healthy(path)
  const [bytes, expected] = [readFileSync(path), content(path)]
  let refused = 0
  for (let at = 0; at < bytes.length; at += at < 512 ? 31 : 16_381) {
    const copy = Buffer.from(bytes)
    copy[at] ^= 1 << at % 8
    writeFileSync(flipped, copy)
    if (isRefused(flipped)) refused++
    else t.deepEqual(content(flipped), expected, `byte ${at}`)
  }
  t.true(refused > 10, `${refused} flips were in what is used`)
  t.true(existsSync(path))
})

test('an empty file is a new one', t => {
  const path = join(folder(t), 'map')
  writeFileSync(path, '')
  const map = open(path)
  t.is(map.version, 0n)
  map.commitSync([['a', 1]])
  SnapshotMap.destroy(map.name)
  t.is((content(path) as any).all.length, 1)
})
