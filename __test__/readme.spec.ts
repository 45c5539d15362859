// The examples of the README run as they stand.
import test from 'ava'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'

const root = fileURLToPath(new URL('../../', import.meta.url))
const readme = readFileSync(`${root}README.md`, 'utf8')
const blocks = [...readme.matchAll(/^```(ts|js)\n([\s\S]*?)^```$/gm)].map(([, language, code], i) => ({ language, code, title: `${i + 1}: ${code.split('\n')[0]}` }))

test('the README has an example', t => {
  t.true(blocks.length > 0)
})

for (const { code, title } of blocks) {
  test(`example ${title}`, async t => {
    const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } })
    // In the folder of the package, its name leads to itself.
    const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', outputText], { cwd: root })
    t.is(stderr, '')
  })
}
