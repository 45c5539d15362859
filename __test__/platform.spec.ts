// The C library is the one that the running program was made for, found without starting another program.
import test from 'ava'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const { libcOf } = createRequire(import.meta.url)('../../dist/platform.js')
const folder = mkdtempSync(join(tmpdir(), 'shardmap-platform-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

const PT_LOAD = 1
const PT_INTERP = 3

/** An executable for `bits`, as far as its program headers: something that is loaded, then the name of its loader. */
function executable(name: string, bits: 32 | 64, interpreter?: string): string {
  const head = Buffer.alloc(512)
  const wide = bits === 64
  const [table, size, text] = wide ? [64, 56, 400] : [52, 32, 300]
  head.write('\x7fELF', 'latin1')
  head[4] = wide ? 2 : 1
  if (wide) head.writeBigUInt64LE(BigInt(table), 32)
  else head.writeUInt32LE(table, 28)
  head.writeUInt16LE(size, wide ? 54 : 42)
  head.writeUInt16LE(interpreter === undefined ? 1 : 2, wide ? 56 : 44)
  head.writeUInt32LE(PT_LOAD, table)
  if (interpreter !== undefined) {
    const at = table + size
    head.writeUInt32LE(PT_INTERP, at)
    if (wide) {
      head.writeBigUInt64LE(BigInt(text), at + 8)
      head.writeBigUInt64LE(BigInt(interpreter.length + 1), at + 32)
    } else {
      head.writeUInt32LE(text, at + 4)
      head.writeUInt32LE(interpreter.length + 1, at + 16)
    }
    head.write(interpreter, text, 'latin1')
  }
  const path = join(folder, name)
  writeFileSync(path, head)
  return path
}

const reporting = (report: object) => ({ excludeNetwork: false, getReport: () => report })
const glibc = { header: { glibcVersionRuntime: '2.17' }, sharedObjects: ['/lib64/libc.so.6'] }
const musl = { header: {}, sharedObjects: ['/lib/ld-musl-x86_64.so.1'] }
const refuses = { getReport: () => { throw new Error('a report takes long') } }

test('the loader that the program names tells its C library, and no report is made', t => {
  for (const [bits, interpreter, libc] of [
    [64, '/lib64/ld-linux-x86-64.so.2', 'glibc'], [64, '/lib/ld-linux-aarch64.so.1', 'glibc'], [32, '/lib/ld-linux-armhf.so.3', 'glibc'],
    [64, '/nix/store/x-glibc-2.40/lib/ld-linux-x86-64.so.2', 'glibc'],
    [64, '/lib/ld-musl-x86_64.so.1', 'musl'], [64, '/lib/ld-musl-aarch64.so.1', 'musl'], [32, '/lib/ld-musl-armhf.so.1', 'musl'],
  ] as const) {
    t.is(libcOf({ platform: 'linux', arch: 'x64', execPath: executable('named', bits, interpreter), report: refuses }), libc, interpreter)
  }
})

test('where the program names no loader, the report of the process tells', t => {
  const truncated = join(folder, 'truncated')
  writeFileSync(truncated, '\x7fELF\x02', 'latin1')
  for (const execPath of [executable('static', 64), truncated, join(folder, 'absent'), executable('script', 64, '/opt/loader')]) {
    for (const [report, libc] of [[glibc, 'glibc'], [musl, 'musl']] as const) {
      const asked = reporting(report)
      t.is(libcOf({ platform: 'linux', arch: 'x64', execPath, report: asked }), libc)
      t.true(asked.excludeNetwork, 'no names of peers are asked of the network')
    }
  }
})

test('where nothing tells, glibc is tried', t => {
  for (const report of [undefined, reporting({}), reporting({ header: {}, sharedObjects: ['/lib/libm.so'] })]) {
    t.is(libcOf({ platform: 'linux', arch: 'x64', execPath: '', report }), 'glibc')
  }
})

test('only Linux has more than one C library', t => {
  for (const platform of ['darwin', 'win32', 'freebsd']) t.is(libcOf({ platform, arch: 'x64', execPath: '', report: refuses }), undefined)
})
