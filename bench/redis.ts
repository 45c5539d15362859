// A Redis of our own on loopback: the installed one, or Debian's packages unpacked into build/ (nothing is installed).
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { createServer, connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type StartedRedis = { port: number; version: string; stop: () => void } | { reason: string }

const FOLDER = fileURLToPath(new URL('../redis', import.meta.url))
const PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblua5.1-0', 'lua-bitop', 'lua-cjson', 'liblzf1', 'libhiredis0.14', 'libatomic1']

export async function startRedis(): Promise<StartedRedis> {
  const found = findRedis()
  if (found === undefined) return { reason: 'not measured: no redis-server on this machine, and none could be unpacked with apt-get' }
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const server = spawn(found.path, args, { stdio: 'ignore', env: found.env })
  server.on('error', () => {})
  process.on('exit', () => server.kill())
  for (let tries = 0; tries < 100; tries++) {
    if (await accepts(port)) return { port, version: found.version, stop: () => server.kill() }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  server.kill()
  return { reason: `not measured: ${found.path} did not start` }
}

interface Found {
  path: string
  env: NodeJS.ProcessEnv
  version: string
}

function findRedis(): Found | undefined {
  return probe('redis-server', process.env) ?? unpacked() ?? (unpack() ? unpacked() : undefined)
}

function probe(path: string, env: NodeJS.ProcessEnv): Found | undefined {
  const { status, stdout } = spawnSync(path, ['--version'], { env, encoding: 'utf8' })
  return status === 0 ? { path, env, version: `Redis ${/v=([\d.]+)/.exec(stdout)?.[1] ?? ''}` } : undefined
}

function unpacked(): Found | undefined {
  const libraries = join(FOLDER, 'usr/lib')
  if (!existsSync(libraries)) return undefined
  const folders = readdirSync(libraries).map((name) => join(libraries, name))
  return probe(join(FOLDER, 'usr/bin/redis-server'), { ...process.env, LD_LIBRARY_PATH: folders.join(':') })
}

function unpack(): boolean {
  try {
    mkdirSync(FOLDER, { recursive: true })
    execFileSync('apt-get', ['download', '-q', ...PACKAGES], { cwd: FOLDER, stdio: 'ignore', timeout: 60_000 })
    for (const file of readdirSync(FOLDER)) if (file.endsWith('.deb')) execFileSync('dpkg', ['-x', file, '.'], { cwd: FOLDER })
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
