// A route handler of Next.js that uses shardmap, built by Next's own bundler and asked over HTTP.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { said } from './bundlers.mjs'
import { finish, halt, start } from './processes.mjs'
import { expect, project } from './project.mjs'
import { npm } from './tools.mjs'

async function routeHandler(site) {
  const folder = project('next', site, 'next')
  // Next and React as the project's lock file has them (`npm ci` would want in it the binaries for every platform), then shardmap beside them.
  await npm(['install', '--ignore-scripts', '--loglevel=error'], { cwd: folder })
  await npm(['install', 'shardmap', '--ignore-scripts', '--loglevel=error'], { cwd: folder })
  const next = join('node_modules', 'next', 'dist', 'bin', 'next')
  await finish(process.execPath, [next, 'build'], { cwd: folder })
  const server = start(process.execPath, [next, 'start', '--hostname', '127.0.0.1', '--port', '0'], { cwd: folder })
  try {
    const url = `http://127.0.0.1:${await said(server, /127\.0\.0\.1:(\d+)/)}/hits`
    const answers = []
    for (let i = 0; i < 2; i++) answers.push(await (await fetch(url)).json())
    expect('the answers', answers, [{ page: 'page 1', hits: 1 }, { page: 'page 1', hits: 2 }])
  } finally {
    halt(server)
  }
  return 'a route handler built and asked'
}

const { packages } = JSON.parse(readFileSync(new URL('projects/next/package-lock.json', import.meta.url), 'utf8'))

export const nextCases = (site) => [[`Next.js ${packages['node_modules/next'].version}`, '`serverExternalPackages: [\'shardmap\']`', () => routeHandler(site)]]
