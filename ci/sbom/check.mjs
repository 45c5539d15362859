// The bills of a folder: valid by CycloneDX's schema, without a path of the machine, and with a licence and version of everything that Cargo, the binary's own list and package-lock.json name.
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/ensure.mjs'
import { binaryOf, targets } from '../../scripts/targets.mjs'
import { bundled, fullName } from './bundled.mjs'

const [folder] = process.argv.slice(2)
const faults = []
const rows = []

function output(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
  return status === 0 ? stdout : faults.push(`${command} ${args.join(' ')}: ${stderr}`) && ''
}

/** `name@version` of the crates that a binary for the target is linked from: no macros, which run in the compiler. */
function cratesByCargo(triple) {
  const tree = output('cargo', 'tree', '--locked', '--package', 'shardmap-napi', '--edges', 'normal,no-proc-macro', '--target', triple, '--prefix', 'none', '--format', '{p}')
  return new Set(tree.split('\n').filter(Boolean).map((line) => line.replace(/^(\S+) v(\S+).*/, '$1@$2')))
}

/** The same, by the list that `cargo auditable` wrote into the binary; `undefined` if it is not there. */
function cratesByBinary(platform) {
  const file = join(root, 'npm', platform, binaryOf(platform))
  if (!existsSync(file)) return undefined
  const { packages = [] } = JSON.parse(output('rust-audit-info', file) || '{}')
  return new Set(packages.filter(({ kind = 'runtime' }) => kind === 'runtime').map(({ name, version }) => `${name}@${version}`))
}

/** `alone`: nothing else is in it. */
async function check(file, demanded, alone = false) {
  const text = readFileSync(join(folder, file), 'utf8')
  const wrong = await new Validation.JsonStrictValidator(Spec.Version.v1dot5).validate(text)
  if (wrong !== null) faults.push(`${file} is not CycloneDX 1.5: ${JSON.stringify(wrong)}`)
  if (text.includes(root)) faults.push(`${file} names the folder ${root}`)
  const { metadata, components } = JSON.parse(text)
  const listed = new Map([metadata.component, ...components].map((one) => [fullName(one), one]))
  for (const name of demanded) if (!listed.has(name)) faults.push(`${file}: ${name} is not in the bill`)
  for (const one of alone ? components : []) if (!demanded.has(fullName(one))) faults.push(`${file}: ${fullName(one)} is in the bill, and in nothing that is published`)
  for (const [name, { licenses, version, purl }] of listed) {
    if (!licenses?.length) faults.push(`${file}: ${name} has no licence`)
    if (!version) faults.push(`${file}: ${name} has no version`)
    if (!purl) faults.push(`${file}: ${name} has no package URL`)
  }
  return listed.size
}

for (const { platform, triple } of targets) {
  const byCargo = cratesByCargo(triple)
  const byBinary = cratesByBinary(platform)
  if (byBinary?.size === 0) faults.push(`npm/${platform}/${binaryOf(platform)} has no list of its crates: bash ci/prebuild.sh ${platform}`)
  const file = `shardmap-${platform}.cdx.json`
  rows.push([file, await check(file, new Set([...byCargo, ...(byBinary ?? [])])), byCargo.size, byBinary?.size ?? 'not built here'])
}
const locked = bundled()
if (![...locked].some((name) => name.startsWith('msgpackr@'))) faults.push('package-lock.json: msgpackr is not in it')
rows.push(['shardmap.cdx.json', await check('shardmap.cdx.json', locked, true), locked.size, ''])
const others = readdirSync(folder).filter((file) => !rows.some(([name]) => name === file))
if (others.length > 0) faults.push(`${others.join(', ')}: of which platform?`)

for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exit(1)
console.log(`\n${'bill'.padEnd(44)} components  demanded by lock file  by the binary's list`)
for (const [file, size, demanded, listed] of rows) console.log(`${file.padEnd(44)} ${String(size).padStart(10)} ${String(demanded).padStart(22)}  ${listed}`)
