// Whether code that was written for the old types compiles with the new ones: node ci/semver/types.mjs <folder of the old> [<folder of the new>]
// Each old declaration is compiled beside the new one: what is exported must be there with as many type parameters, as wide; the properties that could be named must be there; and every value
// must do for the old one, where parameters take no less and results give no less. Not seen: a property that has become readonly.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { strict } from './strict.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** What the package's `exports` give types for, without the twins for require. */
function typesOf(folder) {
  const adapters = existsSync(join(folder, 'adapters')) ? readdirSync(join(folder, 'adapters')).filter((file) => file.endsWith('.d.ts')) : []
  return ['index.d.ts', ...adapters.sort().map((file) => `adapters/${file}`)]
}

function exportsOf(text) {
  const file = ts.createSourceFile('old.ts', text, ts.ScriptTarget.ES2022, true)
  const types = new Map()
  const values = new Set()
  for (const node of file.statements) {
    if (!node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue
    if (ts.isVariableStatement(node)) for (const { name } of node.declarationList.declarations) values.add(name.text)
    else if (ts.isFunctionDeclaration(node)) values.add(node.name.text)
    else if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) types.set(node.name.text, node)
  }
  return { types, values }
}

/** Appended to the old declarations, whose names it uses: what must compile, by the name of what it is about. */
function demands(text, where) {
  const { types, values } = exportsOf(text)
  const lines = [`import type * as New from '${where}'`]
  for (const [name, { typeParameters = [] }] of types) {
    const given = typeParameters.length > 0 ? `<${typeParameters.map((one) => one.name.text).join(', ')}>` : ''
    const bounded = typeParameters.map((one) => one.name.text + (one.constraint ? ` extends ${one.constraint.getText()}` : ''))
    const parameters = given && `<${bounded.join(', ')}>`
    lines.push(`export type ${name}__there${parameters} = New.${name}${given}`)
    // Of a class its instances; of other types only what values give and take of them counts.
    if (values.has(name)) lines.push(`export function ${name}__instance${parameters}(it: New.${name}${given}): ${name}${given} { return it }`)
    const anys = typeParameters.filter((one) => !one.default).map(() => 'any')
    const args = anys.length > 0 ? `<${anys.join(', ')}>` : ''
    lines.push(`export const ${name}__keys: Exclude<keyof ${name}${args}, keyof New.${name}${args}> extends never ? true : Exclude<keyof ${name}${args}, keyof New.${name}${args}> = true`)
  }
  for (const name of values) lines.push(`export const ${name}__value: typeof ${name} = null! as typeof New.${name}`)
  return lines
}

/** One sentence for each thing that code for the old types cannot count on any more. `work` is a folder, below this project so that types of others are found, and is made anew. */
export function breaksOf(oldFolder, newFolder, work) {
  rmSync(work, { recursive: true, force: true })
  const breaks = []
  const roots = []
  for (const file of typesOf(newFolder)) put('new', file, strict(readFileSync(join(newFolder, file), 'utf8')))
  for (const file of typesOf(oldFolder)) {
    if (!existsSync(join(newFolder, file))) {
      breaks.push(`${file} is gone`)
      continue
    }
    const name = file.replace('.d.ts', '.ts')
    const text = strict(readFileSync(join(oldFolder, file), 'utf8'))
    const where = relative(join(work, 'old', dirname(file)), join(work, 'new', name)).replaceAll('\\', '/').replace(/\.ts$/, '.js')
    roots.push(put('old', file, `${text}\n${demands(text, where).join('\n')}\n`))
  }
  writeFileSync(join(work, 'package.json'), '{ "type": "module" }\n')

  const program = ts.createProgram(roots, {
    target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'], module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16,
    // Adapters name the classes of the package: both old and new those that are there now.
    paths: { shardmap: [join(work, 'new', 'index.ts')] },
    types: ['node'], typeRoots: [join(root, 'node_modules', '@types')], strict: true, noEmit: true, skipLibCheck: true, noErrorTruncation: true,
  })
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program)) {
    const sentence = ts.flattenDiagnosticMessageText(messageText, '\n')
    const line = file ? file.text.slice(file.text.lastIndexOf('\n', start) + 1, file.text.indexOf('\n', start)) : ''
    const about = /^export \w+ (\w+)__/.exec(line)?.[1]
    breaks.push(`${file ? relative(work, file.fileName) : 'the compiler'}: ${about ?? line.trim()}: ${sentence}`)
  }
  return breaks

  function put(side, file, text) {
    const path = join(work, side, file.replace('.d.ts', '.ts'))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }
}

/** Whether the step from one version to another may break: another major, or while that is 0 another minor. */
export function mayBreak(from, to) {
  const [a, b] = [from, to].map((version) => version.split('.').map(Number))
  return a[0] !== b[0] || (a[0] === 0 && a[1] !== b[1])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [oldFolder, newFolder = root] = process.argv.slice(2)
  const [from, to] = [oldFolder, newFolder].map((folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version)
  const breaks = breaksOf(oldFolder, newFolder, join(root, 'build', 'semver'))
  for (const sentence of breaks) console.error(sentence)
  if (breaks.length === 0) console.log(`types: what was written for ${from} compiles with ${to}`)
  else if (mayBreak(from, to)) console.log(`types: ${breaks.length} breaks, which the step from ${from} to ${to} may have`)
  else {
    console.error(`types: ${breaks.length} breaks, which the step from ${from} to ${to} must not have`)
    process.exit(1)
  }
}
