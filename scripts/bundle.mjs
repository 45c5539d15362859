// dist/ as it is published: all of the package in one file, for a file of its own costs more than what is in it; msgpackr, as it stands, in a second one, which is loaded
// with the first object; and the adapters, which require the first.
import { buildSync } from 'esbuild'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './ensure.mjs'
import { binaryOf, packageOf, targets } from './targets.mjs'

const options = { absWorkingDir: root, bundle: true, platform: 'node', format: 'cjs', target: 'node20', logLevel: 'warning' }
const adapters = ['fastify', 'keyv', 'unstorage']

/** Resolved by Node when they are reached: the binaries, one of which is there, and msgpackr. The version is written in. */
const outside = ['../package.json', 'msgpackr', ...targets.flatMap(({ platform }) => [`../${binaryOf(platform)}`, packageOf(platform)])]

/** esbuild makes `var X = class _X` of a class that names itself, and stack traces would say _X. Inside of it X is the same class. */
function ownNames(code) {
  return [...code.matchAll(/^var (\w+) = class _\1\b/gm)].reduce((text, [, name]) => text.replaceAll(new RegExp(`(?<![\\w$#.])_${name}\\b`, 'g'), name), code)
}

function replaced(text, from, to) {
  if (text.split(from).length !== 2) throw new Error(`${from} must be there once`)
  return text.replace(from, to)
}

function compiled(entry, external) {
  return buildSync({ ...options, entryPoints: [join('src', entry)], external, write: false }).outputFiles[0].text
}

/** What others wrote and shardmap is published with: `{ name, version, license, code }`. */
export function thirdParty() {
  const from = join(root, 'node_modules', 'msgpackr')
  const { name, version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'))
  const code = readFileSync(join(from, 'dist', 'node.cjs'), 'utf8').replace(/^\/\/# sourceMappingURL=.*\n?/m, '')
  return { name, version, license: readFileSync(join(from, 'LICENSE'), 'utf8').trim(), code }
}

/** `published` is the version of the package. */
export function bundle(folder, published) {
  mkdirSync(join(folder, 'adapters'), { recursive: true })
  const write = (file, text) => writeFileSync(join(folder, file), text)
  const { name, version, license, code } = thirdParty()
  write('package.json', '{ "type": "commonjs" }\n')
  const face = replaced(ownNames(compiled('index.ts', outside)), 'require("../package.json")', JSON.stringify({ version: published }))
  write('index.js', replaced(face, 'require("msgpackr")', 'require("./msgpackr.js")'))
  write('msgpackr.js', `/*! ${name} ${version}, ${license.match(/^Copyright.*$/m)[0]}, MIT: THIRD-PARTY.md */\n${code}`)
  for (const adapter of adapters) write(join('adapters', `${adapter}.js`), compiled(`adapters/${adapter}.ts`, ['../index']))
}
