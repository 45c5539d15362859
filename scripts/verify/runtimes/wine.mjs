// Windows by wine, with the official node.exe.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../../ensure.mjs'
import { needsDebian } from './debian.mjs'
import { binaryOf, folderOf, Unavailable } from './packaged.mjs'

const WINE = '/usr/lib/wine/wine64'

/** Wine 8 lacks the library that Rust's standard library takes its random numbers from. */
const RANDOM = `
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) { return SystemFunction036(data, (ULONG)size); }
`

export function windows() {
  needsDebian('wine64', 'gcc-mingw-w64-x86-64')
  const folder = folderOf('windows-x64')
  const prefix = join(folder, 'prefix')
  // Not those of the user who runs this: a prefix of its own, and no window.
  const env = { WINEPREFIX: prefix, WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree,mshtml=', NODE_SKIP_PLATFORM_CHECK: '1' }
  const system = join(prefix, 'drive_c', 'windows', 'system32')
  if (!existsSync(system)) must(WINE, ['wineboot', '--init'], { env: { ...process.env, ...env } })
  const library = join(system, 'bcryptprimitives.dll')
  if (!existsSync(library)) makeLibrary(folder, library)
  // A node.exe in wine can write to a file, and not to the pipes and sockets of this system.
  const filed = 'file=$1; shift; "$0" "$@" < /dev/null > "$file" 2>&1; status=$?; cat "$file"; exit $status'
  return { node: 'bash', before: ['-c', filed, WINE, join(folder, 'output'), binaryOf('node22-windows', 'bin', 'node.exe')], env }
}

function makeLibrary(folder, library) {
  const source = join(folder, 'random.c')
  writeFileSync(source, RANDOM)
  mkdirSync(dirname(library), { recursive: true })
  must('x86_64-w64-mingw32-gcc', ['-shared', '-O2', '-o', library, source, '-ladvapi32'])
}

function must(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], ...options })
  if (error || status !== 0) throw new Unavailable(`${command} ${args[0]} failed${error ? `: ${error.message}` : ''}`)
}
