// The public types, each file with its twin for require, emitted from src/: index.d.ts in one piece, and one for each adapter beside its wrapper.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { root, runModule, stop } from './ensure.mjs'

const header = '// Emitted from src/ by `npm run build`; edit it there.\n'
const face = header + '/// <reference lib="esnext.disposable" />\n\n'

/** The adapters that have a wrapper: adapters/<name>.js. */
const adapters = readdirSync(join(root, 'adapters'))
  .filter((file) => file.endsWith('.js'))
  .map((file) => basename(file, '.js'))

/** What each file shall contain. */
function emit() {
  const folder = mkdtempSync(join(tmpdir(), 'shardmap-types-'))
  try {
    const out = join(folder, 'index.d.ts')
    const apart = join(folder, 'apart')
    runModule('dts-bundle-generator/dist/bin/dts-bundle-generator.js', '--silent', '--no-banner', '--project', 'tsconfig.json', '-o', out, 'src/index.ts')
    runModule('typescript/bin/tsc', '-p', 'tsconfig.json', '--declaration', '--emitDeclarationOnly', '--outDir', apart)
    const files = new Map(twins('index', face + readFileSync(out, 'utf8').replaceAll('\t', '  ')))
    for (const name of adapters) {
      for (const [file, text] of twins(`adapters/${name}`, header + adapterTypes(apart, name))) files.set(file, text)
    }
    return files
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const twins = (name, text) => ['.d.ts', '.d.cts'].map((end) => [name + end, text])

/** An adapter's types name the classes of the package as its users do: a copy of them would be other classes. */
function adapterTypes(folder, name) {
  const text = readFileSync(join(folder, 'adapters', `${name}.d.ts`), 'utf8').replaceAll(/(['"])\.\.\/index\1/g, "'shardmap'").replaceAll('    ', '  ')
  const relative = /(from |import\()['"](\.[^'"]*)/.exec(text)
  if (relative) stop(`src/adapters/${name}.ts: its public types use ${relative[2]}, which is not published; declare them in the adapter's own file`)
  return text
}

export function writeTypes() {
  for (const [file, text] of emit()) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
}

export function checkTypes() {
  for (const [file, text] of emit()) {
    if (read(file) !== text) stop(`${file} is stale: run \`npm run build\` and commit what it writes.`)
  }
}

function read(file) {
  try {
    return readFileSync(join(root, file), 'utf8')
  } catch {
    return ''
  }
}
