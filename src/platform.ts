import { closeSync, openSync, readSync } from 'node:fs'

/** What is asked of a process to know which binary fits it. */
export interface Host {
  platform: string
  arch: string
  execPath: string
  report?: { excludeNetwork?: boolean; getReport(): object } | undefined
}

export type Libc = 'glibc' | 'musl'

/** The C library of the process on Linux, `undefined` elsewhere. */
export function libcOf(host: Host): Libc | undefined {
  if (host.platform !== 'linux') return undefined
  // The program names the loader that its C library comes with. A report would take longer than all else that loading does.
  return libcNamedIn(interpreterOf(host.execPath)) ?? libcReported(host) ?? 'glibc'
}

/** As the packages are called: `linux-x64-musl`. Of those that are not built, too. */
export function platformOf({ platform, arch }: Host, libc: Libc | undefined): string {
  if (platform === 'linux') return `linux-${arch}-${libc === 'musl' ? 'musl' : arch === 'arm' ? 'gnueabihf' : 'gnu'}`
  return platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`
}

function libcNamedIn(path: string): Libc | undefined {
  if (/ld-musl-|libc\.musl-/.test(path)) return 'musl'
  return /ld-linux|ld64|libc\.so\.6/.test(path) ? 'glibc' : undefined
}

const PT_INTERP = 3
/** Enough for the header and the program headers of any executable, and the name that they point at. */
const HEAD_BYTES = 4096

/** The path in the ELF segment PT_INTERP, or '' if there is none to be read. */
function interpreterOf(path: string): string {
  const head = Buffer.alloc(HEAD_BYTES)
  try {
    const file = openSync(path, 'r')
    try {
      readSync(file, head, 0, HEAD_BYTES, 0)
    } finally {
      closeSync(file)
    }
    return interpreterIn(head)
  } catch {
    return ''
  }
}

/** Of a little-endian ELF file of either class; throws where it points outside of what was read. */
function interpreterIn(head: Buffer): string {
  if (head.readUInt32BE(0) !== 0x7f454c46) return ''
  const wide = head[4] === 2
  const word = (at: number) => (wide ? Number(head.readBigUInt64LE(at)) : head.readUInt32LE(at))
  const [table, size, count] = wide ? [word(32), head.readUInt16LE(54), head.readUInt16LE(56)] : [word(28), head.readUInt16LE(42), head.readUInt16LE(44)]
  for (let at = table; at < table + size * count; at += size) {
    if (head.readUInt32LE(at) !== PT_INTERP) continue
    const start = word(at + (wide ? 8 : 4))
    return head.toString('latin1', start, start + word(at + (wide ? 32 : 16)))
  }
  return ''
}

function libcReported({ report }: Host): Libc | undefined {
  if (typeof report?.getReport !== 'function') return undefined
  // Names of peers would be asked of the network.
  report.excludeNetwork = true
  const { header, sharedObjects = [] } = report.getReport() as { header?: { glibcVersionRuntime?: string }; sharedObjects?: string[] }
  if (header?.glibcVersionRuntime !== undefined) return 'glibc'
  return sharedObjects.some((path) => libcNamedIn(path) === 'musl') ? 'musl' : undefined
}
