import { resolve } from 'node:path'
import { ShardmapError } from './errors'
import { libcOf, platformOf, type Host, type Libc } from './platform'

/* eslint-disable @typescript-eslint/no-require-imports */

/** What the addon exports. */
export interface Binding {
  attach(scratch: ArrayBuffer, errorClass: typeof ShardmapError): unknown
  slotWords(): ArrayBuffer | null
  otherImages(): string[]
  version(): string
  /** To be called when the process begins to end; there where a library learns of that too late. */
  exiting?(): void
}

const { version } = require('../package.json') as { version: string }

// Bundlers follow what is required by a literal, and let it be missing where it is required within a `try`.

/** What was built here, beside package.json. */
function built(platform: string, failures: unknown[]): Binding | undefined {
  try {
    switch (platform) {
      case 'linux-x64-gnu': return require('../shardmap.linux-x64-gnu.node')
      case 'linux-arm64-gnu': return require('../shardmap.linux-arm64-gnu.node')
      case 'linux-arm-gnueabihf': return require('../shardmap.linux-arm-gnueabihf.node')
      case 'linux-x64-musl': return require('../shardmap.linux-x64-musl.node')
      case 'linux-arm64-musl': return require('../shardmap.linux-arm64-musl.node')
      case 'darwin-x64': return require('../shardmap.darwin-x64.node')
      case 'darwin-arm64': return require('../shardmap.darwin-arm64.node')
      case 'win32-x64-msvc': return require('../shardmap.win32-x64-msvc.node')
      case 'win32-arm64-msvc': return require('../shardmap.win32-arm64-msvc.node')
    }
  } catch (error) {
    failures.push(error)
  }
  return undefined
}

/** What npm has installed. */
function installed(platform: string, failures: unknown[]): Binding | undefined {
  try {
    switch (platform) {
      case 'linux-x64-gnu': return require('shardmap-linux-x64-gnu')
      case 'linux-arm64-gnu': return require('shardmap-linux-arm64-gnu')
      case 'linux-arm-gnueabihf': return require('shardmap-linux-arm-gnueabihf')
      case 'linux-x64-musl': return require('shardmap-linux-x64-musl')
      case 'linux-arm64-musl': return require('shardmap-linux-arm64-musl')
      case 'darwin-x64': return require('shardmap-darwin-x64')
      case 'darwin-arm64': return require('shardmap-darwin-arm64')
      case 'win32-x64-msvc': return require('shardmap-win32-x64-msvc')
      case 'win32-arm64-msvc': return require('shardmap-win32-arm64-msvc')
    }
  } catch (error) {
    failures.push(error)
  }
  return undefined
}

/** The file that the user names, of whatever name: nothing else is tried then. */
function named(file: string): Binding {
  const loaded = { exports: {} as Binding }
  try {
    process.dlopen(loaded, resolve(file))
  } catch (error) {
    throw refusal(`SHARDMAP_BINARY names ${file}, which cannot be loaded: ${messageOf(error)}. Name a file that was built for this system, or unset it.`, error)
  }
  return loaded.exports
}

/** The addon for this process, of this version; throws an error that says what to do. */
export function loadBinding(host: Host = process): Binding {
  const file = process.env['SHARDMAP_BINARY']
  if (file) return ofThisVersion(named(file), `the file that SHARDMAP_BINARY names, ${file},`)
  const libc = libcOf(host)
  const platform = platformOf(host, libc)
  const failures: unknown[] = []
  const binding = built(platform, failures) ?? installed(platform, failures)
  if (binding === undefined) throw missing(host, libc, platform, failures)
  return ofThisVersion(binding, `the binary for ${platform}`)
}

function ofThisVersion(binding: Binding, what: string): Binding {
  // Those before this was asked have no such function.
  const other = typeof binding.version === 'function' ? binding.version() : 'unknown'
  if (other === version) return binding
  throw refusal(
    `shardmap is of version ${version}, but ${what} is of version ${other}: they must be the same. Remove node_modules and the lock file and install again, or build the binary again.`,
  )
}

function missing({ platform, arch }: Host, libc: Libc | undefined, name: string, failures: unknown[]): ShardmapError {
  const where = `platform ${platform}, architecture ${arch}${libc === undefined ? '' : `, C library ${libc}`}`
  const fromSource = 'build it from source (https://github.com/shardmap/shardmap, with Rust: npm install && npm run build) and name the file in the environment variable SHARDMAP_BINARY'
  if (failures.length === 0) return refusal(`shardmap comes without a binary for ${name} (${where}). To use it there, ${fromSource}.`)
  const broken = failures.find((failure) => (failure as { code?: unknown } | null)?.code !== 'MODULE_NOT_FOUND')
  const cause = broken ?? failures.at(-1)
  const what = broken === undefined ? `the package shardmap-${name} is not installed` : `it is there, but cannot be loaded: ${messageOf(broken)}`
  return refusal(
    `shardmap has no binary that fits (${where}): ${what}. ` +
      'Either install it: npm forgets optional dependencies when node_modules or package-lock.json come from another system (https://github.com/npm/cli/issues/4828), ' +
      `so remove both and run npm install again, without --omit=optional; or run npm install shardmap-${name}@${version}. ` +
      `Or ${fromSource}.`,
    cause,
  )
}

function refusal(message: string, cause?: unknown): ShardmapError {
  const error = new ShardmapError('ERR_SHARDMAP_BINARY', message)
  if (cause !== undefined) Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true })
  return error
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]! : String(error)
}
