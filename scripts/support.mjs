// The README's table of platforms, from what docs/platforms.md says was built and run: nothing is in it that is not there.
import { targets } from './targets.mjs'

/** The cells of the first table between the markers of that name, without its head. */
export function rowsOf(page, name) {
  const lines = page.slice(page.indexOf(`<!-- ${name} -->`), page.indexOf(`<!-- /${name} -->`)).trim().split('\n').slice(1).join('\n').trim().split('\n')
  const end = lines.findIndex((line) => !line.startsWith('|'))
  return lines.slice(2, end < 0 ? undefined : end).map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim()))
}

/** The rows of the table, head first. */
export function supportOf(page) {
  const built = new Set(rowsOf(page, 'built').map(([title]) => title))
  const runs = rowsOf(page, 'run').map(([runtime, , title, how, files, , passed]) => ({ runtime, title, how, files, passed })).filter(({ files }) => !files.startsWith('not run'))
  const rows = targets.map(({ title }) => {
    const mine = runs.filter((run) => run.title === title)
    return [title, built.has(title) ? 'yes' : 'no', extentOf(mine), whereOf(mine)]
  })
  return [['for', 'built', 'run in tests', 'run where'], ...rows]
}

function extentOf(runs) {
  if (runs.length === 0) return 'no'
  return runs.some(({ files }) => !files.includes('chosen')) ? 'the whole suite' : 'a part of the suite'
}

function whereOf(runs) {
  const kinds = [...new Set(runs.map(({ how }) => how))].map((kind) => {
    const names = runs.filter(({ how }) => how === kind).map(({ runtime, passed }) => (passed.includes('failed') ? `${runtime} (**failed**)` : runtime))
    return `${names.join(', ')}: ${kind}`
  })
  return kinds.join('; ') || 'not run'
}
