// What scripts measured stands in docs/platforms.md, between markers that name the table: <!-- built --> ... <!-- /built -->
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, stop } from './ensure.mjs'

const path = join(root, 'docs', 'platforms.md')

/** A Markdown table: its first row is the head. */
export function tableOf([head, ...rows]) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Replaces what is between the markers, and prints it. */
export function writeTable(name, markdown) {
  const text = readFileSync(path, 'utf8')
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [text.indexOf(open), text.indexOf(close)]
  if (from < 0 || to < from) stop(`docs/platforms.md has no ${open} ... ${close}`)
  writeFileSync(path, `${text.slice(0, from + open.length)}\n\n${markdown.trim()}\n\n${text.slice(to)}`)
  console.log(`\n${markdown.trim()}\n`)
}
