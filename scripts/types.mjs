// The public face: index.d.ts and its twin for require, emitted from src/.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, runModule, stop } from './ensure.mjs'

const files = ['index.d.ts', 'index.d.cts']
const header = '// Emitted from src/ by `npm run build`; edit it there.\n/// <reference lib="esnext.disposable" />\n\n'

function emit() {
  const folder = mkdtempSync(join(tmpdir(), 'shardmap-types-'))
  try {
    const out = join(folder, 'index.d.ts')
    runModule('dts-bundle-generator/dist/bin/dts-bundle-generator.js', '--silent', '--no-banner', '--project', 'tsconfig.json', '-o', out, 'src/index.ts')
    return header + readFileSync(out, 'utf8').replaceAll('\t', '  ')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export function writeTypes() {
  const text = emit()
  for (const file of files) writeFileSync(join(root, file), text)
}

export function checkTypes() {
  const text = emit()
  for (const file of files) {
    if (readFileSync(join(root, file), 'utf8') !== text) stop(`${file} is stale: run \`npm run build\` and commit what it writes.`)
  }
}
