// Two copies of the package in one process share no data: a warning names both.
import test from 'ava'
import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printed } from './fixtures/scripts.js'

const root = realpathSync(fileURLToPath(new URL('../../', import.meta.url)))
let copy: string

test.before(() => {
  copy = realpathSync(mkdtempSync(join(tmpdir(), 'shardmap-copy-')))
  for (const name of readdirSync(root).filter(name => /^(dist|package\.json|index\.js|.*\.node)$/.test(name))) {
    cpSync(join(root, name), join(copy, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
})
test.after.always(() => rmSync(copy, { recursive: true, force: true }))

/** The warnings of a process that runs this code with `one` and `two`, the paths of the copies. */
async function warningsOf(code: string): Promise<string> {
  const paths = `const [one, two] = ${JSON.stringify([root, copy].map(path => join(path, 'dist/index.js')))}\n`
  const { stderr } = await printed(paths + code, { as: 'cjs' })
  return stderr
}
const opens = (path: string) => `require(${path}).SharedMap.open('a').set('k', 1);`

test('a second copy in the same thread is named in one warning, and both go on', async t => {
  const warnings = await warningsOf(`${opens('one')} ${opens('two')} if (require(one).SharedMap.open('a').size !== 1) throw new Error()`)
  t.is(warnings.split('SHARDMAP_TWO_COPIES').length, 2, warnings)
  t.true(warnings.includes(root) && warnings.includes(copy), warnings)
})

test('a second copy in another thread is named too', async t => {
  if (process.platform !== 'linux') return t.pass('the images of a process are known on Linux only')
  const worker = `new (require('node:worker_threads').Worker)('require(' + JSON.stringify(two) + ').SharedMap.open("a")', { eval: true })`
  const warnings = await warningsOf(`${opens('one')} ${worker}`)
  t.true(warnings.includes('SHARDMAP_TWO_COPIES') && warnings.includes(root) && warnings.includes(copy), warnings)
})

test('one copy loaded by import, require and workers is no cause to warn', async t => {
  const worker = `new (require('node:worker_threads').Worker)('require(' + JSON.stringify(one) + ').SharedMap.open("a")', { eval: true })`
  t.is(await warningsOf(`${opens('one')} import(require('node:url').pathToFileURL(one)).then(() => { ${worker} })`), '')
})
