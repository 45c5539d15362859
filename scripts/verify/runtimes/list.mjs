// Where the suite is run. `platform` is whose addon it loads; `place` makes it ready and gives how a program is started there.
import { arm64, armv7 } from './qemu.mjs'
import { muslArm64, muslX64 } from './musl.mjs'
import { packaged } from './packaged.mjs'
import { selection } from './selection.mjs'
import { windows } from './wine.mjs'

const gnu = (name, title, ...binary) => ({ name, title, how: 'native', platform: 'linux-x64-gnu', place: () => packaged(name, ...binary) })

export const runtimes = [
  gnu('node20', 'Node 20'),
  gnu('node22', 'Node 22'),
  gnu('node24', 'Node 24'),
  gnu('node26', 'Node 26, the newest'),
  gnu('bun', 'Bun', 'bin', 'bun'),
  gnu('deno', 'Deno', 'deno'),
  { name: 'musl-x64', title: 'Node 24', how: 'musl 1.2.5, native', platform: 'linux-x64-musl', place: muslX64 },
  { name: 'windows-x64', title: 'Node 22', how: 'wine', platform: 'win32-x64-msvc', place: windows, specs: selection },
  { name: 'arm64', title: 'Node 22', how: 'qemu', platform: 'linux-arm64-gnu', place: arm64, specs: selection },
  { name: 'armv7', title: 'Node 20', how: 'qemu', platform: 'linux-arm-gnueabihf', place: armv7, specs: selection },
  { name: 'musl-arm64', title: 'Node 24', how: 'musl 1.2.5, qemu', platform: 'linux-arm64-musl', place: muslArm64, specs: selection },
]
