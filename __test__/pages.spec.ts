// What the pages name is there: files, headings, commands, options, codes.
import test from 'ava'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SharedCache, SharedMap, SnapshotMap } from 'shardmap'
import { anchorsOf, blocksOf, guides, linksOf, pages, root, textOf } from './fixtures/pages.js'

const [{ supportOf }, { tableOf }] = await Promise.all(['support', 'table'].map(name => import(pathToFileURL(join(root, 'scripts', `${name}.mjs`)).href)))

function leads(page: string, link: string): boolean {
  const [path, anchor] = link.split('#')
  const target = path ? relative(root, join(root, dirname(page), path)).replaceAll('\\', '/') : page
  return existsSync(join(root, target)) && (anchor === undefined || anchorsOf(target).has(anchor))
}

for (const page of pages) {
  test(`the links of ${page} lead to files and headings that are there`, t => {
    t.deepEqual(linksOf(page).filter(to => !/^(https?|mailto):/.test(to) && !leads(page, to)), [])
  })
}

test('the README leads to every guide', t => {
  const linked = new Set(linksOf('README.md'))
  t.deepEqual(guides.filter(guide => !linked.has(guide)), [])
})

test('every page is on the site', t => {
  const { readme, projectDocuments } = JSON.parse(textOf('docs/site/typedoc.json'))
  t.deepEqual([readme, ...projectDocuments].map((page: string) => relative(root, join(root, 'docs/site', page)).replaceAll('\\', '/')).sort(), [...pages].sort())
})

const { scripts, devDependencies, peerDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

/** What a line of a shell may be, and what must then be there. */
const commands: [RegExp, (...names: string[]) => boolean][] = [
  [/^npm (?:run )?(test|[\w:]+)(?: -- .*)?$/, script => script in scripts],
  [/^npm (?:install|i) ([\w @/-]+)$/, packages => packages.split(' ').every(name => name === 'shardmap' || name in devDependencies || name in peerDependencies)],
  [/^npm (?:install|ci|dedupe|ls shardmap)$/, () => true],
  [/^(?:bash|node) ([\w./-]+\.(?:sh|mjs))(?: .*)?$/, path => existsSync(root + path)],
  [/^git clone https:\/\/github\.com\/(shardmap\/shardmap)\.git$/, name => textOf('package.json').includes(name)],
  [/^cd \w+$/, () => true],
]

for (const { page, line, language, code } of pages.flatMap(blocksOf)) {
  if (language === 'bash') {
    test(`the commands of ${page}:${line} are there`, t => {
      for (const text of code.split('\n').map(one => one.replace(/\s*#.*$/, '').trim()).filter(Boolean)) {
        const known = commands.find(([pattern]) => pattern.test(text))
        t.truthy(known, `what is ${text}?`)
        if (known) t.true(known[1](...known[0].exec(text)!.slice(1)), text)
      }
    })
  }
}

test('every block of code is of a language that a test knows', t => {
  const others = pages.flatMap(blocksOf).filter(({ page, language }) => !['ts', 'js', 'typescript', 'bash'].includes(language) && page !== 'docs/design.md')
  t.deepEqual(others, [])
})

test('the platforms of the README are those that docs/platforms.md says were built and run', t => {
  const between = /<!-- support -->\n\n([\s\S]*?)\n\n<!-- \/support -->/.exec(textOf('README.md'))![1]
  t.is(between, tableOf(supportOf(textOf('docs/platforms.md'))), 'run `node scripts/table.mjs`')
})

test('of a platform the README says what was run of the suite, where, and what failed; nothing of what was not run', t => {
  const run = (title: string, runtime: string, how: string, files: string, passed = '9') => [runtime, '1.0', title, how, files, '9', passed]
  const page = [
    '<!-- built -->', '', tableOf([['for', 'package'], ['Linux x64, musl', 'p'], ['Windows x64', 'p']]), '', '<!-- /built -->',
    '<!-- run -->', '', tableOf([
      ['runtime', 'version', 'platform', 'how', 'files of the suite', 'tests', 'passed'],
      run('Linux x64, musl', 'Node 24', 'native', '80'), run('Linux x64, musl', 'Bun', 'native', '80', '8, **failed**'),
      run('Windows x64', 'Node 22', 'wine', '12, chosen'), run('Linux arm64, musl', 'Node 24', 'qemu', 'not run: no such wheel'),
    ]), '', 'Not applicable:', '', tableOf([['where', 'why'], ['Windows x64', 'no']]), '', '<!-- /run -->',
  ].join('\n')
  const rows = new Map(supportOf(page).map(([title, ...cells]: string[]) => [title, cells]))
  t.deepEqual(rows.get('Linux x64, musl'), ['yes', 'the whole suite', 'Node 24, Bun (**failed**): native'])
  t.deepEqual(rows.get('Windows x64'), ['yes', 'a part of the suite', 'Node 22: wine'])
  t.deepEqual(rows.get('Linux arm64, musl'), ['no', 'no', 'not run'])
})

test('operations names every code, and every field of stats()', t => {
  const text = textOf('docs/guides/operations.md')
  const codes = /type ErrorCode =[^;]*;/.exec(textOf('index.d.ts'))![0].match(/ERR_\w+/g)
  t.deepEqual(text.match(/(?<=^\| `)ERR_\w+/gm)!.sort(), codes!.sort())
  const maps = [SharedMap.open('pages'), SnapshotMap.open('pages.versions'), SharedCache.open('pages.cache', { max: 1 })]
  const watched = text.slice(text.indexOf('| of | watch'), text.indexOf('## Memory'))
  for (const field of maps.flatMap(map => Object.keys(map.stats()))) t.true(watched.includes(`\`${field}\``), field)
})

for (const page of ['SECURITY.md', 'docs/proof.md']) {
  test(`the tests and scripts that ${page} names are there`, t => {
    const text = textOf(page)
    const specs = new Set(readdirSync(`${root}__test__`, { recursive: true, encoding: 'utf8' }).map(path => path.split(/[\\/]/).at(-1)))
    for (const [, spec] of text.matchAll(/`([\w-]+\.spec)(?:\.ts)?`/g)) t.true(specs.has(`${spec}.ts`), spec)
    for (const [, path] of text.matchAll(/`(?:bash )?((?:ci|crates|__test__|docs)\/[\w./-]+\w)/g)) t.true(existsSync(root + path), path)
  })
}
