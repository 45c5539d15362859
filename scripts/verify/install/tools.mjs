// The tools in tools/node_modules, and the programs of them that are run.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmCommand, root } from '../../ensure.mjs'
import { finish } from './processes.mjs'

const modules = join(root, 'scripts', 'verify', 'install', 'tools', 'node_modules')
export const tool = (path) => join(modules, path)
export const versionOf = (name) => JSON.parse(readFileSync(tool(`${name}/package.json`), 'utf8')).version

/** This Node if it is new enough for the tools, or else the one among them: installed packages always run on this one. */
export const newNode = Number.parseInt(process.versions.node) >= 22 ? process.execPath : tool(`node-${process.platform}-${process.arch}/bin/node`)

const binaries = {
  bun: `@oven/bun-${process.platform}-${process.arch === 'arm64' ? 'aarch64' : process.arch}/bin/bun`,
  deno: process.platform === 'linux' ? `@deno/linux-${process.arch}-glibc/deno` : `@deno/${process.platform}-${process.arch}/deno`,
  pnpm: `@pnpm/exe.${process.platform}-${process.arch}/pnpm`,
}

export const binary = (name) => {
  const path = tool(binaries[name])
  if (!existsSync(path)) throw new Error(`${name} has no binary for ${process.platform} ${process.arch} here: ${binaries[name]}`)
  return path
}

/** Runs a script of the tools on the newer Node. */
export const runTool = (path, args, options) => finish(newNode, [tool(path), ...args], options)

const [npmProgram, ...npmFirst] = npmCommand()
/** npm, the one that came with this Node. */
export const npm = (args, options) => finish(npmProgram, [...npmFirst, ...args], options)
