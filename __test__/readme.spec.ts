// The examples of the README and of the guides run as they stand.
import test from 'ava'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'

const root = fileURLToPath(new URL('../../', import.meta.url))
const pages = ['README.md', 'SECURITY.md', 'docs/adapters.md', 'docs/migration.md']
const blocksOf = (page: string) =>
  [...readFileSync(root + page, 'utf8').matchAll(/^```(ts|js)\n([\s\S]*?)^```$/gm)].map(([, , code], i) => ({ code, title: `${page} ${i + 1}: ${code.split('\n')[0]}` }))

for (const page of pages) {
  test(`${page} has an example`, t => {
    t.true(blocksOf(page).length > 0)
  })
}

for (const page of ['SECURITY.md', 'docs/proof.md']) {
  test(`the tests and scripts that ${page} names are there`, t => {
    const text = readFileSync(root + page, 'utf8')
    const specs = new Set(readdirSync(`${root}__test__`, { recursive: true, encoding: 'utf8' }).map(path => path.split(/[\\/]/).at(-1)))
    for (const [, spec] of text.matchAll(/`([\w-]+\.spec)(?:\.ts)?`/g)) t.true(specs.has(`${spec}.ts`), spec)
    for (const [, path] of text.matchAll(/`(?:bash )?((?:ci|crates|__test__|docs)\/[\w./-]+\w)/g)) t.true(existsSync(root + path), path)
  })
}

for (const { code, title } of pages.flatMap(blocksOf)) {
  test(`example ${title}`, async t => {
    const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } })
    // In the folder of the package, its name leads to itself.
    const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', outputText], { cwd: root })
    t.is(stderr, '')
  })
}
