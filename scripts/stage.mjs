// The main package as it is published, in a folder: node scripts/stage.mjs <folder>
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle, thirdParty } from './bundle.mjs'
import { root } from './ensure.mjs'

/** Of package.json, what users need; what is left out is for working on the repository. The one dependency is in the bundle. */
const published = [
  'name', 'version', 'description', 'keywords', 'license', 'repository', 'homepage', 'bugs', 'type', 'main', 'types', 'typesVersions', 'exports', 'files',
  'engines', 'optionalDependencies', 'peerDependencies', 'peerDependenciesMeta',
]
const notices = 'THIRD-PARTY.md'

function noticesOf({ name, version, license }) {
  return `# What others wrote\n\n\`dist/${name}.js\` is ${name} ${version}, unchanged, which is under this licence:\n\n${license.replace(/^(?=.)/gm, '    ')}\n`
}

/** Without any binary; `optionalDependencies` are the platforms' packages. */
export function stageMain(folder, optionalDependencies) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const path of [...manifest.files.filter((path) => path !== 'dist'), 'README.md', 'LICENSE']) cpSync(join(root, path), join(folder, path), { recursive: true })
  bundle(join(folder, 'dist'), manifest.version)
  writeFileSync(join(folder, notices), noticesOf(thirdParty()))
  const whole = { ...manifest, files: [...manifest.files, notices], optionalDependencies }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(Object.fromEntries(published.filter((key) => whole[key] !== undefined).map((key) => [key, whole[key]])), null, 2)}\n`)
  return { name: manifest.name, version: manifest.version, folder }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) stageMain(resolve(process.argv[2]))
