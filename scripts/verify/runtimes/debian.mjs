// What comes from Debian's packages.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Unavailable } from './packaged.mjs'

const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

function installed(name) {
  const { stdout } = spawnSync('dpkg-query', ['--show', '--showformat=${db:Status-Status}', name], { encoding: 'utf8' })
  return stdout === 'installed'
}

/** Installs what is missing, if this process may. */
export function needsDebian(...names) {
  if (!has('dpkg-query') || !has('apt-get')) throw new Unavailable(`it needs Debian's packages ${names.join(', ')}, and this is no Debian`)
  const missing = names.filter((name) => !installed(name))
  if (missing.length === 0) return
  if (process.getuid() !== 0) throw new Unavailable(`Debian's packages ${missing.join(', ')} are missing: install them, or run this as root`)
  console.log(`installing ${missing.join(', ')}`)
  const install = () => apt(['install', '--yes', '--no-install-recommends', ...missing])
  // Lists of packages that were never fetched, or long ago.
  if (install().status !== 0 && (apt(['update']).status !== 0 || install().status !== 0)) {
    throw new Unavailable(`apt-get could not install ${missing.join(', ')}`)
  }
}

function apt(args, cwd) {
  return spawnSync('apt-get', ['-qq', ...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
}

/** Fetches a package of another release, for this or another architecture, and unpacks it into a folder; nothing of the system is changed. */
export function unpackDebian(folder, release, architecture, name) {
  if (!has('dpkg-deb') || !has('apt-get')) throw new Unavailable(`it needs Debian's package ${name}, and this is no Debian`)
  const site = spawnSync('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages', 'Component: main'], { encoding: 'utf8' })
    .stdout.split('\n').find((uri) => /\/debian\/?$/.test(uri))
  if (site === undefined) throw new Unavailable(`it needs the package ${name} of Debian's release ${release}, and apt has no Debian to take it from`)
  const at = (...path) => join(folder, 'apt', ...path)
  for (const path of ['lists/partial', 'cache/archives/partial', 'debs']) mkdirSync(at(path), { recursive: true })
  writeFileSync(at('sources.list'), `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${site} ${release} main\n`)
  const options = {
    'Dir::Etc::sourcelist': at('sources.list'), 'Dir::Etc::sourceparts': '/dev/null', 'Dir::State::lists': at('lists'), 'Dir::Cache': at('cache'),
    'APT::Architecture': architecture, 'APT::Architectures': architecture, 'Acquire::Languages': 'none', 'APT::Sandbox::User': '',
  }
  const flags = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  if (apt([...flags, 'update']).status !== 0 || apt([...flags, 'download', name], at('debs')).status !== 0) {
    throw new Unavailable(`the package ${name} of Debian's release ${release} could not be fetched`)
  }
  for (const deb of readdirSync(at('debs'))) {
    if (spawnSync('dpkg-deb', ['--extract', at('debs', deb), folder]).status !== 0) throw new Unavailable(`${deb} could not be unpacked`)
  }
}
