// The version: one, in all the files that name it. `node scripts/version.mjs` says it, or what differs; `node scripts/version.mjs <version>` sets it, once CHANGELOG.md has an entry for it.
// `--tag <tag>` fails unless that is the tag of the version, and the changelog has it; `--entry` prints what the changelog says of the version.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, stop } from './ensure.mjs'

const semver = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?$/

const ofPackage = /(?<=^ {2}"version": ")[^"]+/gm
const ofLock = /(?<=^ {2}"version": "|"": \{\s+"name": "shardmap",\s+"version": ")[^"]+/gm
const ofWorkspace = /(?<=\[workspace\.package\]\nversion = ")[^"]+/g
/** Of the crates of the workspace; the fuzzers' own crate has none. */
const ofCrates = /(?<=name = "shardmap-(?!fuzz")[a-z-]+"\nversion = ")[^"]+/g

function places(folder) {
  const platforms = readdirSync(join(folder, 'npm')).filter((name) => existsSync(join(folder, 'npm', name, 'package.json'))).sort()
  return [
    ['package.json', ofPackage],
    ['package-lock.json', ofLock],
    ...platforms.map((name) => [`npm/${name}/package.json`, ofPackage]),
    ['Cargo.toml', ofWorkspace],
    ['Cargo.lock', ofCrates],
    ['crates/fuzz/Cargo.lock', ofCrates],
  ]
}

/** By file, each version that it names. */
export function versionsIn(folder) {
  return new Map(places(folder).map(([file, pattern]) => [file, readFileSync(join(folder, file), 'utf8').match(pattern) ?? []]))
}

/** One sentence for each file that names another version than package.json, or none. */
export function differing(folder) {
  const versions = versionsIn(folder)
  const [version] = versions.get('package.json')
  return [...versions].filter(([, named]) => named.length === 0 || named.some((one) => one !== version)).map(([file, named]) => `${file} names ${named.join(' and ') || 'no version'}, package.json ${version}`)
}

/** What CHANGELOG.md says of a version: its heading, which begins with `## <version>`, and what is below it. */
export function entryOf(changelog, version) {
  const section = changelog.split(/^## /m).slice(1).find((one) => /^\[?v?([^\s\]]+)/.exec(one)?.[1] === version)
  if (!section) return undefined
  const [heading, ...lines] = section.split('\n')
  const text = lines.join('\n').trim()
  return text ? { heading, text } : undefined
}

function writtenOf(folder, version) {
  const changelog = join(folder, 'CHANGELOG.md')
  const entry = existsSync(changelog) && entryOf(readFileSync(changelog, 'utf8'), version)
  if (!entry) throw new Error(`CHANGELOG.md says nothing of ${version}: write its entry first, below a heading that begins with "## ${version}"`)
  return entry
}

export function setVersion(folder, version) {
  if (!semver.test(version)) throw new Error(`${version} is no version: 1.2.3, or 1.2.3-rc.1`)
  writtenOf(folder, version)
  for (const [file, pattern] of places(folder)) {
    const path = join(folder, file)
    writeFileSync(path, readFileSync(path, 'utf8').replace(pattern, version))
  }
}

export function versionOf(folder) {
  return versionsIn(folder).get('package.json')[0]
}

/** What must be so of a tag, or it throws. */
export function checkTag(folder, tag) {
  const version = versionOf(folder)
  if (tag !== `v${version}`) throw new Error(`the tag is ${tag}, the version ${version}`)
  const { heading } = writtenOf(folder, version)
  if (!/ - \d{4}-\d\d-\d\d$/.test(heading)) throw new Error(`CHANGELOG.md has "## ${heading}": write the date of the release, "## ${version} - 2030-12-31"`)
}

function main(what, ...rest) {
  if (what === '--tag') checkTag(root, rest[0])
  else if (what === '--entry') return writtenOf(root, versionOf(root)).text
  else if (what) setVersion(root, what)
  const faults = differing(root)
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return versionOf(root)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(main(...process.argv.slice(2)))
  } catch (error) {
    stop(error.message)
  }
}
