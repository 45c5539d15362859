// Installs and builds what is missing or stale, so that every command works on a fresh clone. Node's own modules only: nothing is
// installed yet when this runs.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Runs a program in the project and ends this process with its code if it fails. */
export function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error) stop(`${command} could not be started: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

/** Runs a program of node_modules with this Node. */
export function runModule(path, ...args) {
  run(process.execPath, join('node_modules', path), ...args)
}

/** Runs the given thing if what it is made from has changed since the last time, by content, or if what it makes is not there. */
function whenStale(stamp, sources, made, make) {
  const path = join(root, 'build', 'stamps', stamp)
  const now = digest(sources)
  if (made() && existsSync(path) && readFileSync(path, 'utf8') === now) return
  rmSync(path, { force: true })
  make()
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, now)
}

function digest(sources) {
  const hash = createHash('sha256')
  for (const source of sources) {
    for (const file of filesUnder(join(root, source))) hash.update(`${relative(root, file)}\0`).update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

function filesUnder(path) {
  if (!existsSync(path)) return []
  const entries = readdirSync(dirname(path), { withFileTypes: true })
  if (entries.some((entry) => entry.isFile() && join(dirname(path), entry.name) === path)) return [path]
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

/** node_modules as the lock file says; `npm ci` would want in it the binaries for every platform of every optional package. */
export function ensureModules() {
  const made = () => existsSync(join(root, 'node_modules', 'typescript'))
  whenStale('modules', ['package-lock.json'], made, () => install())
}

/** The modules of conformance/<name>, without their scripts, and this package among them. */
export function ensureConformance(name) {
  const folder = join('conformance', name)
  const modules = join(root, folder, 'node_modules')
  whenStale(`conformance-${name}`, [join(folder, 'package-lock.json')], () => existsSync(modules), () => install('--prefix', folder, '--ignore-scripts'))
  const link = join(modules, 'shardmap')
  if (!existsSync(link)) symlinkSync(root, link, 'junction')
}

/** The runtimes that the suite is run on. Some are for other platforms, which npm installs only when it is forced to. */
export function ensureRuntimes() {
  const folder = join('scripts', 'verify', 'runtimes')
  const modules = join(root, folder, 'node_modules')
  whenStale('runtimes', [join(folder, 'package-lock.json')], () => existsSync(modules), () => install('--prefix', folder, '--ignore-scripts', '--force'))
}

/** The modules of a folder of tools, without their scripts. */
export function ensureTools(folder) {
  const modules = join(root, folder, 'node_modules')
  whenStale(`tools-${folder.replaceAll('/', '-')}`, [join(folder, 'package-lock.json')], () => existsSync(modules), () => install('--prefix', folder, '--ignore-scripts'))
}

/** npm as a program and its first arguments: the one that runs this, or this Node's own. On Windows `npm` is a script of the shell, which Node does not start. */
export function npmCommand() {
  const { npm_execpath: running } = process.env
  if (running) return [process.execPath, running]
  return process.platform === 'win32' ? [process.execPath, join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js')] : ['npm']
}

function install(...where) {
  run(...npmCommand(), 'install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', ...where)
}

export function ensureCargo() {
  if (spawnSync('cargo', ['--version']).status !== 0) {
    stop('shardmap is built with Rust, and cargo is not there: install Rust 1.90 or newer (https://rustup.rs), then run this again.')
  }
}

/** The native addon. */
export function ensureNative() {
  ensureCargo()
  const made = () => readdirSync(root).some((name) => /^shardmap\..*\.node$/.test(name))
  whenStale('native', ['Cargo.toml', 'Cargo.lock', 'crates'], made, () => {
    // The types of what the addon exports stand in src/; these are for those who look.
    mkdirSync(join(root, 'build'), { recursive: true })
    runModule('@napi-rs/cli/dist/cli.js', 'build', '--platform', '--release', '--manifest-path', 'crates/shardmap-napi/Cargo.toml',
      '--package-json-path', 'package.json', '--output-dir', '.', '--no-js', '--dts', 'build/binding.d.ts')
  })
}

/** dist/, from src/. */
export function ensureFace() {
  const made = () => existsSync(join(root, 'dist', 'index.js'))
  whenStale('face', ['src', 'tsconfig.json', 'package-lock.json'], made, () => {
    rmSync(join(root, 'dist'), { recursive: true, force: true })
    mkdirSync(join(root, 'dist'))
    writeFileSync(join(root, 'dist', 'package.json'), '{ "type": "commonjs" }\n')
    runModule('typescript/bin/tsc', '-p', 'tsconfig.json')
  })
}

/** build/published: the main package as users get it, without a binary. */
export function ensurePublished() {
  const folder = join('build', 'published')
  const sources = ['src', 'adapters', 'index.js', 'index.d.ts', 'index.d.cts', 'package.json', 'package-lock.json', 'README.md', 'LICENSE', 'scripts/bundle.mjs', 'scripts/stage.mjs', 'tsconfig.json']
  whenStale('published', sources, () => existsSync(join(root, folder, 'package.json')), () => run(process.execPath, join('scripts', 'stage.mjs'), folder))
}

/** build/<name>, from a folder of TypeScript with a tsconfig.json that says so; `others` are folders that it uses. */
export function ensureCompiled(folder, name, ...others) {
  const out = join(root, 'build', name)
  whenStale(name, [folder, ...others, 'index.d.ts', 'package-lock.json'], () => existsSync(out), () => {
    rmSync(out, { recursive: true, force: true })
    runModule('typescript/bin/tsc', '-p', join(folder, 'tsconfig.json'))
  })
}

/** The few modules of the benchmark that tests use: they draw and judge memory as it does. */
export function ensureBenchParts() {
  whenStale('bench-parts', ['bench', 'package-lock.json'], () => existsSync(join(root, 'build', 'bench', 'chart.d.ts')), () =>
    runModule('typescript/bin/tsc', '-p', join('bench', 'tsconfig.parts.json')),
  )
}

export function stop(sentence) {
  console.error(sentence)
  process.exit(1)
}
