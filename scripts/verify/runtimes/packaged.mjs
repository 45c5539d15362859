// Runtimes that npm packages carry: package.json beside this file has their versions.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../../ensure.mjs'

const modules = join(dirname(fileURLToPath(import.meta.url)), 'node_modules')

/** This cannot be had on this machine, for the reason that the message says. */
export class Unavailable extends Error {}

export function binaryOf(name, ...path) {
  const file = join(modules, name, ...(path.length > 0 ? path : ['bin', 'node']))
  if (!existsSync(file)) throw new Unavailable(`its npm package has no ${file.slice(root.length + 1)}`)
  return file
}

/** Runs on this machine as it is. */
export function packaged(name, ...path) {
  const node = binaryOf(name, ...path)
  return { node, before: name === 'deno' ? ['run', '--allow-all'] : [] }
}

/** A folder of this runtime's own, for what it needs. */
export function folderOf(name) {
  const folder = join(root, 'build', 'runtimes', name)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** A program that starts another with what has to stand before its arguments: what a test starts as `process.execPath`. */
export function launcher(name, ...command) {
  const file = join(folderOf(name), 'node')
  writeFileSync(file, `#!/bin/sh\nexec ${command.map((part) => `'${part}'`).join(' ')} "$@"\n`)
  chmodSync(file, 0o755)
  return file
}
