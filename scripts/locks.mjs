// What the lock files of npm say of the packages of others: where they come from, under which licences, and what of it users get.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './ensure.mjs'

export const locks = [
  'package-lock.json', 'conformance/keyv/package-lock.json', 'conformance/keyv6/package-lock.json', 'ci/sbom/package-lock.json',
  'scripts/verify/install/tools/package-lock.json', 'scripts/verify/install/projects/next/package-lock.json', 'scripts/verify/runtimes/package-lock.json',
]

/** Any of these in an expression with OR, all in one with AND. */
const allowed = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'CC0-1.0', 'Zlib', 'Unicode-3.0', 'PSF-2.0', 'Python-2.0', 'MPL-2.0'])
/** What shardmap is measured beside, installed with and run on, and lists that programs read; nobody gets them with shardmap. The package of Node for armv7 does not name Node's licence. */
const aside = new Map([
  ['sharedmap', 'LGPL-3.0-or-later'], ['spdx-exceptions', 'CC-BY-3.0'], ['caniuse-lite', 'CC-BY-4.0'], ['truncate-utf8-bytes', 'WTFPL'], ['tweetnacl', 'Unlicense'],
  ['node20-armv7', 'none'],
])
const isAside = (name, license) => aside.get(name) === license || (name.startsWith('@img/sharp-') && license.includes('LGPL-3.0-or-later'))

/** All that users get with shardmap, in its bundle. */
const shipped = new Set(['msgpackr'])
/** What msgpackr is faster with: it is here, and users install it if they want it. */
const offered = new Set(['msgpackr-extract', 'node-gyp-build-optional-packages', 'detect-libc'])
const isOffered = (name) => offered.has(name) || name.startsWith('@msgpackr-extract/msgpackr-extract-')

/** What may run a script when it is installed: each of them looks for its prebuilt binary. */
const withScripts = new Set(['msgpackr-extract', 'lmdb', 'fsevents', 'esbuild'])

function isAllowed(name, license = 'none', dev) {
  if (dev && isAside(name, license)) return true
  const text = license.replace(/^\(|\)$/g, '')
  const all = text.split(' AND ')
  return all.length > 1 ? all.every((one) => allowed.has(one)) : text.split(' OR ').some((one) => allowed.has(one))
}

/** One sentence for each thing that must not be, in a lock file as `JSON.parse` gives it. */
export function faultsOf({ lockfileVersion, packages }, isOurs = true) {
  const faults = lockfileVersion === 3 ? [] : [`it has version ${lockfileVersion}, not 3`]
  for (const [path, { resolved, integrity, license, dev, peer, optional, devOptional, link, version, hasInstallScript }] of Object.entries(packages)) {
    if (path === '') continue
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const what = `${name} ${version}`
    // From the registry, as .npmrc has it written: without its address.
    if (link || resolved !== undefined) faults.push(`${what} comes from ${resolved ?? 'a link'}, not from the registry`)
    if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '')) faults.push(`${what} has no SHA-512`)
    if (!isAllowed(name, license, dev || !isOurs)) faults.push(`${what} has the licence ${license}`)
    // Those of other folders are installed without their scripts.
    if (isOurs && hasInstallScript && !withScripts.has(name)) faults.push(`${what} runs a script when it is installed`)
    if (isOurs && !dev && !peer && !shipped.has(name) && !((optional || devOptional) && isOffered(name))) faults.push(`${what} would come with shardmap`)
  }
  return faults
}

export const readLock = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = locks.flatMap((path) => faultsOf(readLock(path), path === locks[0]).map((fault) => `${path}: ${fault}`))
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exit(1)
  console.log(`${locks.length} lock files: every package is from the registry, has a SHA-512 and a licence that is allowed, and users get ${[...shipped].join(', ')} and a binary`)
}
