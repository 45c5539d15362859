// The public types compile where users compile them.
import test from 'ava'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { ShardmapError } from 'shardmap'
import * as face from 'shardmap'

const root = new URL('../../', import.meta.url)
const fixture = (name: string) => fileURLToPath(new URL(`__test__/fixtures/types/${name}`, root))
const text = (path: string) => readFileSync(new URL(path, root), 'utf8')

const resolutions = {
  node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
  nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.Preserve, moduleResolution: ts.ModuleResolutionKind.Bundler },
}

/** What the compiler says of these fixtures and of the types they lead to. */
function complaints(files: string[], lib: string, resolution: keyof typeof resolutions): string[] {
  const program = ts.createProgram(files.map(fixture), {
    ...resolutions[resolution], target: ts.ScriptTarget.ES2022, lib: [`lib.${lib}.d.ts`], types: ['node'], strict: true, noEmit: true,
    exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, rootDir: fileURLToPath(root),
  })
  const ours = program.getSourceFiles().filter(file => !file.fileName.includes('node_modules'))
  const diagnostics = [...program.getOptionsDiagnostics(), ...ours.flatMap(file => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])]
  if (!ours.some(file => /index\.d\.c?ts$/.test(file.fileName))) return ['the types of the package were not found']
  return diagnostics.map(({ file, start, messageText }) => {
    const at = file ? `${file.fileName}:${file.getLineAndCharacterOfPosition(start ?? 0).line + 1} ` : ''
    return at + ts.flattenDiagnosticMessageText(messageText, ' ')
  })
}

for (const resolution of ['node16', 'nodenext', 'bundler'] as const) {
  const files = resolution === 'bundler' ? ['module.mts', 'versions.mts', 'caches.mts'] : ['module.mts', 'versions.mts', 'caches.mts', 'common.cts']
  test(`the types compile under ${resolution} with lib es2022, as a Map too`, t => {
    t.deepEqual(complaints(files, 'es2022', resolution), [])
  })
  test(`the types compile under ${resolution} with lib esnext, with its iterators`, t => {
    t.deepEqual(complaints([...files, 'esnext.mts'], 'esnext', resolution), [])
  })
}

test('the check of types finds what is wrong', t => {
  t.true(complaints(['esnext.mts'], 'es2022', 'node16').length > 0, 'es2022 has no iterator helpers')
})

test('the types for import and for require are the same', t => {
  t.is(text('index.d.cts'), text('index.d.ts'))
})

test('the types name everything the package exports, and import gives what require gives', async t => {
  const names = Object.keys(face).filter(name => name !== 'default' && name !== 'module.exports').sort()
  t.deepEqual(names, ['ShardmapError', 'SharedCache', 'SharedMap', 'SnapshotMap'])
  for (const name of names) t.regex(text('index.d.ts'), new RegExp(`export (declare )?(class|function|const) ${name}\\b`))
  const { createRequire } = await import('node:module')
  const required = createRequire(import.meta.url)('shardmap')
  t.is(required.SharedMap, face.SharedMap, 'one class, one near cache')
  t.is(required.SharedCache, face.SharedCache)
  t.is(required.SnapshotMap, face.SnapshotMap)
  t.is(required.ShardmapError, ShardmapError)
})

test('the table of error codes is the same in the types, in the face and in Rust', t => {
  const codes = (source: string) => [...source.matchAll(/["'](ERR_SHARDMAP_[A-Z]+)["']/g)].map(match => match[1])
  const rust = codes(text('crates/shardmap-core/src/error.rs'))
  t.true(rust.length >= 7)
  // Said by the face alone, where there is no binary.
  rust.push('ERR_SHARDMAP_BINARY')
  t.deepEqual([...new Set(codes(/type ErrorCode =[^;]*;/.exec(text('index.d.ts'))![0]))].sort(), [...new Set(rust)].sort())
  t.deepEqual([...new Set(codes(text('dist/errors.js')))].sort(), [...new Set(rust)].sort())
})
