// Which binary is loaded, and what is said when none fits.
import test from 'ava'
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const root = realpathSync(fileURLToPath(new URL('../../', import.meta.url)))
const { loadBinding } = require('../../dist/binding.js')
const { libcOf, platformOf } = require('../../dist/platform.js')
const { version } = require('../../package.json')
const here: string = platformOf(process, libcOf(process))
const file = `shardmap.${here}.node`
const addon = process.env['SHARDMAP_BINARY'] || join(root, file)

const folders: string[] = []
test.after.always(() => folders.forEach(folder => rmSync(folder, { recursive: true, force: true })))

/** The package without a binary, as a user has it whose platform's package is missing. */
function bare(packageVersion = version): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'shardmap-binding-')))
  folders.push(folder)
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'shardmap', version: packageVersion }))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(realpathSync(join(root, 'node_modules', 'msgpackr')), join(folder, 'node_modules', 'msgpackr'), 'junction')
  return folder
}

/** What a fresh process says that requires the package in the folder: `loaded`, or the error. */
function outcome(folder: string, binary = ''): any {
  const code = `try { require(${JSON.stringify(join(folder, 'dist', 'index.js'))}).SharedMap.open('a').set('k', 1); console.log('"loaded"') }
    catch (error) { console.log(JSON.stringify({ name: error.name, code: error.code, message: error.message, cause: error.cause && { code: error.cause.code, message: error.cause.message } })) }`
  return JSON.parse(execFileSync(process.execPath, ['-e', code], { encoding: 'utf8', env: { ...process.env, SHARDMAP_BINARY: binary } }))
}

function says(t: any, message: string, ...parts: (string | undefined)[]): void {
  for (const part of parts) if (part !== undefined) t.true(message.includes(part), `${part} is not in: ${message}`)
  t.false(message.includes('\n'), 'one message, one line')
}

test('the binary beside package.json is loaded', t => {
  const folder = bare()
  copyFileSync(addon, join(folder, file))
  t.is(outcome(folder), 'loaded')
})

test('the binary of the platform\'s package is loaded', t => {
  const folder = bare()
  const its = join(folder, 'node_modules', `shardmap-${here}`)
  mkdirSync(its)
  copyFileSync(addon, join(its, file))
  writeFileSync(join(its, 'package.json'), JSON.stringify({ name: `shardmap-${here}`, version, main: file }))
  t.is(outcome(folder), 'loaded')
})

test('without a binary the error names the platform, the package and both ways out', t => {
  const { name, code, message, cause } = outcome(bare())
  t.deepEqual([name, code, cause.code], ['ShardmapError', 'ERR_SHARDMAP_BINARY', 'MODULE_NOT_FOUND'])
  says(t, message, `platform ${process.platform}`, `architecture ${process.arch}`, libcOf(process) && `C library ${libcOf(process)}`)
  says(t, message, `shardmap-${here} is not installed`, 'node_modules', 'package-lock.json', `npm install shardmap-${here}@${version}`, 'build it from source', 'SHARDMAP_BINARY')
})

test('a damaged binary is said to be there, with the system\'s reason as the cause', t => {
  const folder = bare()
  // Its head alone, for a system may kill the process that loads a library cut short.
  writeFileSync(join(folder, file), readFileSync(addon).fill(0, 4))
  const { code, message, cause } = outcome(folder)
  t.is(code, 'ERR_SHARDMAP_BINARY')
  t.truthy(cause.message)
  t.not(cause.code, 'MODULE_NOT_FOUND')
  says(t, message, 'cannot be loaded', `npm install shardmap-${here}@${version}`)
})

test('SHARDMAP_BINARY names the one file that is tried, of whatever name', t => {
  const folder = bare()
  copyFileSync(addon, join(folder, 'libother.so'))
  t.is(outcome(folder, join(folder, 'libother.so')), 'loaded')
  copyFileSync(addon, join(folder, file))
  const { code, message, cause } = outcome(folder, join(folder, 'absent.node'))
  t.is(code, 'ERR_SHARDMAP_BINARY')
  t.truthy(cause.message)
  says(t, message, 'SHARDMAP_BINARY', 'absent.node')
})

test('a binary of another version is refused, both versions named', t => {
  const folder = bare('99.0.0')
  copyFileSync(addon, join(folder, file))
  for (const binary of ['', addon]) {
    const { code, message } = outcome(folder, binary)
    t.is(code, 'ERR_SHARDMAP_BINARY')
    says(t, message, '99.0.0', version)
  }
})

test('a platform that nothing is built for is named, with the way out that is left', t => {
  for (const [platform, arch] of [['sunos', 'x64'], ['linux', 'riscv64'], ['win32', 'ia32']] as const) {
    const error = t.throws(() => withoutVariable(() => loadBinding({ platform, arch, execPath: '' })), { code: 'ERR_SHARDMAP_BINARY' } as any)
    says(t, error!.message, `platform ${platform}`, `architecture ${arch}`, 'SHARDMAP_BINARY')
    t.false(error!.message.includes('npm install shardmap-'), 'no package that does not exist')
  }
})

function withoutVariable(run: () => unknown): unknown {
  const before = process.env['SHARDMAP_BINARY']
  delete process.env['SHARDMAP_BINARY']
  try {
    return run()
  } finally {
    if (before !== undefined) process.env['SHARDMAP_BINARY'] = before
  }
}

test('the loader knows every platform that is built, and no other', async t => {
  const { targets, binaryOf, packageOf } = await import(new URL('../../scripts/targets.mjs', import.meta.url).href)
  const source = readFileSync(join(root, 'src', 'binding.ts'), 'utf8')
  const required = [...source.matchAll(/require\('(?:\.\.\/)?(shardmap[^']+)'\)/g)].map(match => match[1])
  t.deepEqual(required.sort(), targets.flatMap(({ platform }: { platform: string }) => [binaryOf(platform), packageOf(platform)]).sort())
  for (const { platform, needs } of targets) {
    t.is(platformOf({ platform: needs.os[0], arch: needs.cpu[0] }, needs.libc?.[0]), platform)
  }
})
