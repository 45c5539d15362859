// What scripts measured stands in docs/platforms.md, between markers that name the table: <!-- built --> ... <!-- /built -->
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, stop } from './ensure.mjs'
import { supportOf } from './support.mjs'

/** A Markdown table: its first row is the head. */
export function tableOf([head, ...rows]) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Replaces what is between the markers, and prints it. The README's table, which is made of these, follows. */
export function writeTable(name, markdown) {
  const page = replace('docs/platforms.md', name, markdown)
  replace('README.md', 'support', tableOf(supportOf(page)))
  console.log(`\n${markdown.trim()}\n`)
}

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
