// The one list of what is built for whom. `needs` is what `os`, `cpu` and `libc` of the platform's package say, by which npm chooses.
const linux = (cpu, libc) => ({ os: ['linux'], cpu: [cpu], libc: [libc] })
const other = (os, cpu) => ({ os: [os], cpu: [cpu] })

/** `zig` is the target as cargo-zigbuild takes it: with the oldest glibc, or the ABI that can be linked without Microsoft's libraries. */
export const targets = [
  { platform: 'linux-x64-gnu', triple: 'x86_64-unknown-linux-gnu', zig: 'x86_64-unknown-linux-gnu.2.17', needs: linux('x64', 'glibc'), title: 'Linux x64, glibc 2.17 or newer' },
  { platform: 'linux-arm64-gnu', triple: 'aarch64-unknown-linux-gnu', zig: 'aarch64-unknown-linux-gnu.2.17', needs: linux('arm64', 'glibc'), title: 'Linux arm64, glibc 2.17 or newer' },
  { platform: 'linux-arm-gnueabihf', triple: 'armv7-unknown-linux-gnueabihf', zig: 'armv7-unknown-linux-gnueabihf.2.17', needs: linux('arm', 'glibc'), title: 'Linux armv7, glibc 2.17 or newer' },
  { platform: 'linux-x64-musl', triple: 'x86_64-unknown-linux-musl', zig: 'x86_64-unknown-linux-musl', needs: linux('x64', 'musl'), title: 'Linux x64, musl' },
  { platform: 'linux-arm64-musl', triple: 'aarch64-unknown-linux-musl', zig: 'aarch64-unknown-linux-musl', needs: linux('arm64', 'musl'), title: 'Linux arm64, musl' },
  { platform: 'darwin-x64', triple: 'x86_64-apple-darwin', zig: 'x86_64-apple-darwin', needs: other('darwin', 'x64'), title: 'macOS 11 or newer, x64' },
  { platform: 'darwin-arm64', triple: 'aarch64-apple-darwin', zig: 'aarch64-apple-darwin', needs: other('darwin', 'arm64'), title: 'macOS 11 or newer, arm64' },
  { platform: 'win32-x64-msvc', triple: 'x86_64-pc-windows-msvc', zig: 'x86_64-pc-windows-gnullvm', needs: other('win32', 'x64'), title: 'Windows x64' },
  { platform: 'win32-arm64-msvc', triple: 'aarch64-pc-windows-msvc', zig: 'aarch64-pc-windows-gnullvm', needs: other('win32', 'arm64'), title: 'Windows arm64' },
]

export const packageOf = (platform) => `shardmap-${platform}`
export const binaryOf = (platform) => `shardmap.${platform}.node`

/** By platform or triple, `undefined` if there is none. */
export const targetOf = (name) => targets.find(({ platform, triple, zig }) => [platform, triple, zig].includes(name))

/** The one of this machine. */
export function hostTarget() {
  const libc = process.platform === 'linux' && (process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl')
  const fits = ({ needs }) => needs.os[0] === process.platform && needs.cpu[0] === process.arch && (!libc || needs.libc[0] === libc)
  const target = targets.find(fits)
  if (!target) throw new Error(`there is no package for ${process.platform} ${process.arch}`)
  return target
}
