// The soak in its shortest form: all operations by threads that come and go. `npm run soak` is the long one, which also says whether memory is flat.
import test from 'ava'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { folder } from './fixtures/files.js'

const main = fileURLToPath(new URL('./soak/main.js', import.meta.url))
const types = fileURLToPath(new URL('../../index.d.ts', import.meta.url))

/** What has methods in the public types, and what only a program hands in or gets as plain data. */
const HOLDERS = ['SharedMap', 'SnapshotMap', 'SharedCache', 'Snapshot', 'Batch', 'Transaction', 'Lease']
/** Plain properties of a lease, set once. */
const FIELDS = ['Lease.keys', 'Lease.token']

/** As the soak calls its operations, in order; a getter is one. */
function publicMethods(): string[] {
  const source = ts.createSourceFile('index.d.ts', readFileSync(types, 'utf8'), ts.ScriptTarget.ES2022)
  const names = new Set<string>()
  source.forEachChild(node => {
    if (!(ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)) || !HOLDERS.includes(node.name!.text)) return
    for (const member of node.members) {
      if (member.name === undefined || ts.isPrivateIdentifier(member.name)) continue
      const isStatic = ts.canHaveModifiers(member) && ts.getModifiers(member)?.some(one => one.kind === ts.SyntaxKind.StaticKeyword)
      names.add(`${node.name!.text}.${isStatic ? 'static ' : ''}${member.name.getText(source).replace('Symbol.', '')}`)
    }
    // Of what it extends.
    if (node.name!.text === 'Snapshot') names.add('Snapshot.[iterator]')
  })
  return [...names].filter(name => !FIELDS.includes(name)).sort()
}

test('a short soak loses nothing, and calls every public method', t => {
  const report = folder(t)
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, '--minutes', '0.25', '--seed', '6', '--any-memory', '--report', report], { encoding: 'utf8' })
  t.is(status, 0, stdout + stderr)
  t.regex(stdout, /passed: /)
  const { sums } = JSON.parse(readFileSync(`${report}/report.json`, 'utf8'))
  t.deepEqual(Object.keys(sums).filter(name => name.includes('.')).sort(), publicMethods(), 'the operations of the soak are the public methods')
  t.deepEqual(publicMethods().filter(name => !(sums[name] > 0)), [], 'every one was called')
})
