// Other processors, by qemu's emulation of one process: what it starts is run by the system, so it has to start the launcher again.
import { needsDebian } from './debian.mjs'
import { binaryOf, launcher } from './packaged.mjs'

function emulated(name, node, qemu, architecture, libraries, runner) {
  needsDebian('qemu-user-static', ...['libc6', 'libstdc++6', 'libatomic1'].map((library) => `${library}-${architecture}-cross`))
  return { node: launcher(name, qemu, '-L', libraries, binaryOf(node)), before: [], runner, isLaunched: true }
}

export const arm64 = () => emulated('arm64', 'node22-arm64', 'qemu-aarch64-static', 'arm64', '/usr/aarch64-linux-gnu', 'node22')
export const armv7 = () => emulated('armv7', 'node20-armv7', 'qemu-arm-static', 'armhf', '/usr/arm-linux-gnueabihf', 'node20')
