// Windows by wine, with the official node.exe.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
  needsDebian('wine64')
  const folder = folderOf('windows-x64')
  const prefix = join(folder, 'prefix')
  // Not those of the user who runs this: a prefix of its own, and no window.
  const env = { WINEPREFIX: prefix, WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree,mshtml=', NODE_SKIP_PLATFORM_CHECK: '1' }
  const system = join(prefix, 'drive_c', 'windows', 'system32')
  if (!existsSync(system)) must(WINE, ['wineboot', '--init'], { env: { ...process.env, ...env } })
  const library = join(system, 'bcryptprimitives.dll')
  if (!existsSync(library)) makeLibrary(folder, library)
  return { node: WINE, before: [binaryOf('node22-windows', 'bin', 'node.exe')], env }
}

/** With the compiler that the addon is built with. */
function makeLibrary(folder, library) {
  const source = join(folder, 'random.c')
  writeFileSync(source, RANDOM)
  must('bash', ['-c', '. ci/zig.sh && needs_zig && "$zig_python" -m ziglang cc -target x86_64-windows-gnu -shared -O2 -o "$1" "$0" -ladvapi32', source, join(folder, 'bcryptprimitives.dll')])
  mkdirSync(join(library, '..'), { recursive: true })
  must('cp', [join(folder, 'bcryptprimitives.dll'), library])
}

function must(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], ...options })
  if (error || status !== 0) throw new Unavailable(`${command} ${args[0]} failed${error ? `: ${error.message}` : ''}`)
}
