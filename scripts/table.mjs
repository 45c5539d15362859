// What scripts measured stands in docs/platforms.md, between markers that name the table: <!-- built --> ... <!-- /built -->
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, stop } from './ensure.mjs'
import { supportOf } from './support.mjs'

/** A Markdown table: its first row is the head. */
export function tableOf([head, ...rows]) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Replaces what is between the markers. The README's table, which is made of these, follows. */
export const keepTable = (name, markdown) => writeSupport(replace('docs/platforms.md', name, markdown))

/** The same, and prints it. */
export function writeTable(name, markdown) {
  keepTable(name, markdown)
  console.log(`\n${markdown.trim()}\n`)
}

const writeSupport = (page) => replace('README.md', 'support', tableOf(supportOf(page)))

function replace(file, name, markdown) {
  const path = join(root, file)
  const text = readFileSync(path, 'utf8')
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [text.indexOf(open), text.indexOf(close)]
  if (from < 0 || to < from) stop(`${file} has no ${open} ... ${close}`)
  const changed = `${text.slice(0, from + open.length)}\n\n${markdown.trim()}\n\n${text.slice(to)}`
  writeFileSync(path, changed)
  return changed
}

// By itself: the README's table, after docs/platforms.md was changed in another way, as by a merge.
if (process.argv[1] === fileURLToPath(import.meta.url)) writeSupport(readFileSync(join(root, 'docs', 'platforms.md'), 'utf8'))
