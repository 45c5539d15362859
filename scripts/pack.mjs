// What is published, staged in build/packages and packed there: shardmap, without any binary, and one package for each platform whose
// binary is in npm/<platform>. `--release` refuses to leave a platform out.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npmCommand, root, run, stop } from './ensure.mjs'
import { checkPlatforms } from './platforms.mjs'
import { stageMain } from './stage.mjs'
import { binaryOf, packageOf, targets } from './targets.mjs'

const out = join(root, 'build', 'packages')

const readJson = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'))

/** Binaries that were built, of all that there shall be. */
export const builtTargets = () => targets.filter(({ platform }) => existsSync(join(root, 'npm', platform, binaryOf(platform))))

function stagePlatform({ platform }) {
  const from = join(root, 'npm', platform)
  const folder = join(out, packageOf(platform))
  mkdirSync(folder)
  for (const file of ['package.json', 'README.md', binaryOf(platform)]) cpSync(join(from, file), join(folder, file))
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  const { name, version } = readJson(folder, 'package.json')
  return { name, version, platform, folder }
}

/** The platforms' packages first: shardmap names them, so they must be there before it. */
export function stage() {
  checkPlatforms()
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  const platforms = builtTargets().map(stagePlatform)
  return [...platforms, stageMain(join(out, 'shardmap'), Object.fromEntries(platforms.map(({ name, version }) => [name, version])))]
}

/** Each with its tarball and what is in that. */
export function pack(packages) {
  return packages.map((one) => {
    const [command, ...before] = npmCommand()
    const args = [...before, 'pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', out, one.folder]
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
    if (status !== 0) stop(`npm pack ${one.folder}: ${stderr}`)
    const [{ filename, size, unpackedSize, files }] = Object.values(JSON.parse(stdout))
    return { ...one, file: join(out, filename), size, unpackedSize, files: files.map(({ path }) => path).sort() }
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = builtTargets()
  const missing = targets.filter((target) => !built.includes(target)).map(({ platform }) => platform)
  if (missing.length > 0 && process.argv.includes('--release')) stop(`no binary of ${missing.join(', ')}: bash ci/prebuild.sh ${missing.join(' ')}`)
  run(process.execPath, join('scripts', 'run.mjs'), 'build')
  for (const { name, version, size, files } of pack(stage())) console.log(`${name}@${version}: ${files.length} files, ${size.toLocaleString('en')} bytes packed`)
  if (missing.length > 0) console.log(`left out, for there is no binary: ${missing.join(', ')}`)
}
