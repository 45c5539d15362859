// One version, in all the files that name it.
import test from 'ava'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = dirname(createRequire(import.meta.url).resolve('shardmap/package.json'))
const { checkTag, differing, entryOf, setVersion, versionsIn } = await import(pathToFileURL(join(root, 'scripts', 'version.mjs')).href)

const changelog = '# Changelog\n\n## 9.8.7-rc.1 - 2030-01-01\n\n- A thing\n\n### Fixes\n\n- Another\n\n## 9.8.6\n\n## 9.8.5 - 2029-12-31\n\n- Old\n\n## 9.8.4 - unreleased\n\n- Older\n'

/** A folder with the files of this one that name the version. */
function copied(t: { teardown(end: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'shardmap-version-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const file of versionsIn(root).keys()) cpSync(join(root, file), join(folder, file))
  writeFileSync(join(folder, 'CHANGELOG.md'), changelog)
  return folder
}

test('all files that name the version name the same', t => {
  t.deepEqual(differing(root), [])
})

test('a new version stands in every file, and changes nothing else in them', t => {
  const folder = copied(t)
  const [old] = versionsIn(root).get('package.json')
  setVersion(folder, '9.8.7-rc.1')
  t.deepEqual(differing(folder), [])
  for (const [file, named] of versionsIn(folder)) {
    t.true(named.length > 0 && named.every((one: string) => one === '9.8.7-rc.1'), file)
    const lines = (of: string) => readFileSync(join(of, file), 'utf8').split('\n')
    const [before, after] = [lines(root), lines(folder)]
    const changed = after.filter((line, at) => line !== before[at])
    t.is(after.length, before.length, file)
    t.is(changed.length, named.length, file)
  }
  setVersion(folder, '9.8.5')
  t.deepEqual(versionsIn(folder).get('package-lock.json'), ['9.8.5', '9.8.5'])
  t.not(old, '9.8.5')
})

test('one file with another version, or with none, is told', t => {
  const folder = copied(t)
  const toml = join(folder, 'Cargo.toml')
  const text = readFileSync(toml, 'utf8')
  writeFileSync(toml, text.replace(/version = "[^"]+"/, 'version = "7.7.7"'))
  t.regex(differing(folder).join(), /^Cargo\.toml names 7\.7\.7, package\.json /)
  writeFileSync(toml, text.replace('[workspace.package]', '[workspace.other]'))
  t.regex(differing(folder).join(), /^Cargo\.toml names no version/)
})

test('a version without an entry in the changelog, and what is no version, are refused, with nothing changed', t => {
  const folder = copied(t)
  const before = [...versionsIn(folder)]
  t.throws(() => setVersion(folder, '9.8.8'), { message: /CHANGELOG\.md says nothing of 9\.8\.8/ })
  t.throws(() => setVersion(folder, '9.8.6'), { message: /says nothing of 9\.8\.6/ })
  for (const version of ['9.8', 'v9.8.7', '9.8.7 ', '09.8.7', '9.8.7-', '$(id)']) t.throws(() => setVersion(folder, version), { message: /is no version/ }, version)
  t.deepEqual([...versionsIn(folder)], before)
})

test('an entry is what is between its heading and the next', t => {
  t.is(entryOf(changelog, '9.8.7-rc.1').text, '- A thing\n\n### Fixes\n\n- Another')
  t.deepEqual(entryOf(changelog, '9.8.5'), { heading: '9.8.5 - 2029-12-31', text: '- Old' })
  t.is(entryOf(changelog, '9.8'), undefined)
})

test('a tag that is not of the version, or of one that the changelog does not have with its date, is refused', t => {
  const folder = copied(t)
  setVersion(folder, '9.8.5')
  t.notThrows(() => checkTag(folder, 'v9.8.5'))
  t.throws(() => checkTag(folder, 'v9.8.6'), { message: 'the tag is v9.8.6, the version 9.8.5' })
  t.throws(() => checkTag(folder, '9.8.5'), { message: /the tag is/ })
  setVersion(folder, '9.8.4')
  t.throws(() => checkTag(folder, 'v9.8.4'), { message: /write the date/ })
  setVersion(folder, '9.8.5')
  writeFileSync(join(folder, 'CHANGELOG.md'), '# Changelog\n')
  t.throws(() => checkTag(folder, 'v9.8.5'), { message: /says nothing of 9\.8\.5/ })
})
