// A page of headings, sentences, tables and pictures, as Markdown and as HTML that needs nothing beside it.

export type Block =
  | { heading: string }
  | { text: string }
  | { list: readonly string[] }
  | { head: readonly string[]; rows: readonly (readonly string[])[] }
  | { picture: string; svg: string }

export interface Page {
  title: string
  blocks: readonly Block[]
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const cell = (text: string): string => text.replaceAll('|', '\\|')
const rowOf = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`

/** Pictures are files beside it, of the names given. */
export function markdown({ title, blocks }: Page): string {
  const parts = blocks.map(block => {
    if ('heading' in block) return `## ${block.heading}`
    if ('text' in block) return block.text
    if ('list' in block) return block.list.map(item => `- ${item}`).join('\n')
    if ('picture' in block) return `![${block.picture}](${block.picture}.svg)`
    return [rowOf(block.head), `|${block.head.map(() => '---|').join('')}`, ...block.rows.map(rowOf)].join('\n')
  })
  return `# ${title}\n\n${parts.join('\n\n')}\n`
}

const STYLE = `
body { font: 14px/1.45 system-ui, sans-serif; color: #1e293b; max-width: 1000px; margin: 24px auto; padding: 0 16px }
h1 { font-size: 22px; margin: 0 0 12px } h2 { font-size: 15px; margin: 20px 0 6px }
table { border-collapse: collapse; margin: 6px 0; width: 100% } th, td { border-bottom: 1px solid #e2e8f0; padding: 3px 8px; text-align: left; vertical-align: top }
th { font-weight: 600; color: #475569; white-space: nowrap } td:first-child { white-space: nowrap } p, ul { margin: 6px 0 } svg { max-width: 100%; height: auto }`

export function html({ title, blocks }: Page): string {
  const cells = (tag: string, row: readonly string[]): string => `<tr>${row.map(text => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`
  const parts = blocks.map(block => {
    if ('heading' in block) return `<h2>${escaped(block.heading)}</h2>`
    if ('text' in block) return `<p>${escaped(block.text).replaceAll(/\*\*(.+?)\*\*/g, '<strong>$1</strong>')}</p>`
    if ('list' in block) return `<ul>${block.list.map(item => `<li>${escaped(item)}</li>`).join('')}</ul>`
    if ('picture' in block) return block.svg
    return `<table>${cells('th', block.head)}${block.rows.map(row => cells('td', row)).join('')}</table>`
  })
  return `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title><style>${STYLE}</style>\n<body><h1>${escaped(title)}</h1>\n${parts.join('\n')}\n</body></html>\n`
}
