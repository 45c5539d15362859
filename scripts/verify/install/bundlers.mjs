// Bundles of a server and its worker: built, and asked over HTTP; with shardmap left in node_modules, or whole in a folder of their own.
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { area, halt, start } from './processes.mjs'
import { expect, project } from './project.mjs'
import { npm, runTool, tool, versionOf } from './tools.mjs'

/** The first line that fits, of a program that goes on. */
export function said(child, pattern, limit = 60_000) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no ${pattern} within ${limit} ms\n${child.said}`)), limit)
    const look = () => {
      const found = pattern.exec(child.said)
      if (!found) return
      clearTimeout(late)
      resolve(found[1])
    }
    child.stdout.on('data', look)
    child.on('close', (code) => {
      clearTimeout(late)
      reject(new Error(`ended with ${code} before it said ${pattern}\n${child.said}`))
    })
  })
}

async function serve(folder, script) {
  const child = start(process.execPath, [script], { cwd: folder })
  try {
    const url = `http://127.0.0.1:${await said(child, /^port (\d+)$/m)}`
    const answers = []
    for (const path of ['/a', '/a', '/b']) answers.push(await (await fetch(url + path)).json())
    expect('the answers', answers, [
      { page: 'page 1', hits: 1, worker: 7 },
      { page: 'page 1', hits: 2, worker: 7 },
      { page: 'page 2', hits: 3, worker: 7 },
    ])
  } finally {
    halt(child)
  }
}

/** Where nothing of node_modules is. */
function moved(folder, name) {
  const alone = join(area, 'alone', name)
  cpSync(join(folder, name), alone, { recursive: true })
  expect('binaries that travel', readdirSync(alone).filter((file) => file.endsWith('.node')).length, 1)
  return alone
}

const esbuild = (site, ...flags) =>
  runTool('esbuild/bin/esbuild', ['server.js', 'worker.js', '--bundle', '--platform=node', '--log-level=warning', ...flags], { cwd: site.bundled, all: true })
const webpack = (site, config) => runTool('webpack-cli/bin/cli.js', ['--config', config, '--resolve-loader-modules', tool('')], { cwd: site.bundled, all: true })

export const bundlerCases = (site) => [
  [`esbuild ${versionOf('esbuild')}`, '`--external:shardmap`', async () => {
    await esbuild(site, '--external:shardmap', '--format=esm', '--out-extension:.js=.mjs', '--outdir=esbuild-external')
    await serve(site.bundled, 'esbuild-external/server.mjs')
    return 'built and asked, node_modules beside it'
  }],
  [`esbuild ${versionOf('esbuild')}`, '`--loader:.node=copy --format=cjs`', async () => {
    expect('what esbuild warns of', (await esbuild(site, '--loader:.node=copy', '--format=cjs', '--out-extension:.js=.cjs', '--outdir=esbuild-whole')).trim(), '')
    await serve(moved(site.bundled, 'esbuild-whole'), 'server.cjs')
    return 'built and asked without node_modules: the binary is copied beside the bundle'
  }],
  [`webpack ${versionOf('webpack')}`, '`externals: { shardmap: \'module shardmap\' }`', async () => {
    await webpack(site, 'webpack.external.mjs')
    await serve(site.bundled, 'webpack-external/server.mjs')
    return 'built and asked, node_modules beside it'
  }],
  [`webpack ${versionOf('webpack')}`, '`node-loader` for `.node`', async () => {
    await webpack(site, 'webpack.whole.mjs')
    await serve(moved(site.bundled, 'webpack-whole'), 'server.cjs')
    return 'built and asked without node_modules: the binary is copied beside the bundle; webpack warns of what is not installed'
  }],
  [`Vite SSR ${versionOf('vite')}`, '', async () => {
    await runTool('vite/bin/vite.js', ['build', '--logLevel', 'warn'], { cwd: site.bundled })
    await serve(site.bundled, 'vite/server.mjs')
    return 'built and asked, node_modules beside it'
  }],
]

export async function bundledProject(site) {
  const folder = project('bundle', site, 'bundle', { type: 'module' })
  await npm(['install', 'shardmap', '--loglevel=error'], { cwd: folder })
  return folder
}
