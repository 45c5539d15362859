// A registry on loopback: it has our packages, and all others from where npm is configured to get them. Nothing of it outlives the run.
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { npmCommand } from '../../ensure.mjs'
import { area, environment, halt, start } from './processes.mjs'
import { newNode, tool } from './tools.mjs'

/** As the user's npm has it, asked outside of any project. */
function configured(key) {
  const [command, ...before] = npmCommand()
  const { status, stdout } = spawnSync(command, [...before, 'config', 'get', key], { cwd: tmpdir(), encoding: 'utf8' })
  const value = stdout?.trim()
  return status === 0 && value && value !== 'null' && value !== 'undefined' ? value : undefined
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

async function answers(url, child) {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the registry ended with ${child.exitCode}\n${child.said}`)
    try {
      if ((await fetch(`${url}-/ping`)).ok) return
    } catch {
      // Not yet.
    }
    await pause(100)
  }
}

/** A user of this run only, made as `npm adduser` makes one. */
async function token(url) {
  const name = 'verify'
  const body = JSON.stringify({ _id: `org.couchdb.user:${name}`, name, password: randomBytes(24).toString('hex'), type: 'user', roles: [] })
  const answer = await fetch(`${url}-/user/org.couchdb.user:${name}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body })
  if (!answer.ok) throw new Error(`the registry made no user: ${answer.status} ${await answer.text()}`)
  return (await answer.json()).token
}

/** `{ url, env, stop() }`: with `env`, npm publishes to it. */
export async function startRegistry() {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const [config, userconfig] = [join(area, 'verdaccio.yaml'), join(area, 'publisher.npmrc')]
  const cafile = configured('cafile')
  const uplink = { url: configured('registry'), timeout: '120s', max_fails: 100, maxage: '60m' }
  const [http_proxy, https_proxy] = [configured('proxy'), configured('https-proxy')]
  writeFileSync(config, JSON.stringify({
    storage: join(area, 'storage'),
    auth: { htpasswd: { file: join(area, 'htpasswd'), max_users: 1 } },
    uplinks: { upstream: uplink },
    packages: { 'shardmap': { access: '$all', publish: '$authenticated' }, 'shardmap-*': { access: '$all', publish: '$authenticated' }, '**': { access: '$all', proxy: 'upstream' } },
    max_body_size: '100mb',
    log: { type: 'stdout', format: 'pretty', level: 'error' },
    ...(http_proxy && { http_proxy }),
    ...(https_proxy && { https_proxy }),
  }))
  const child = start(newNode, [tool('verdaccio/bin/verdaccio'), '--config', config, '--listen', `127.0.0.1:${port}`], { env: cafile ? { NODE_EXTRA_CA_CERTS: cafile } : {} })
  await answers(url, child)
  writeFileSync(userconfig, `registry=${url}\n//127.0.0.1:${port}/:_authToken=${await token(url)}\n`, { mode: 0o600 })
  return {
    url,
    env: { ...environment, npm_config_registry: url, npm_config_userconfig: userconfig },
    stop: () => halt(child),
  }
}

/** The versions that the projects install of others: those the repository's lock file has. */
export function lockedVersion(root, name) {
  return JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages[`node_modules/${name}`].version
}
