// The table `run` of docs/platforms.md: a row for each runtime, of the last time that it was run.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../ensure.mjs'
import { rowsOf } from '../../support.mjs'
import { keepTable, tableOf } from '../../table.mjs'
import { targetOf } from '../../targets.mjs'
import { inapplicable } from './inapplicable.mjs'
import { runtimes } from './list.mjs'

const HEAD = ['runtime', 'version', 'platform', 'how', 'files of the suite', 'tests', 'passed', 'not applicable', 'seconds', 'commit']

const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? ''

/** What is run; the pages into which the tables are written are no part of it. */
export function treeNow() {
  const changed = git('status', '--porcelain', '--', '.', ':!docs/platforms.md', ':!README.md')
  return `${git('rev-parse', '--short=7', 'HEAD') || 'no git'}${changed === '' ? '' : ', changed'}`
}

const isOf = ({ title, platform, how }, row) => row[0] === title && row[2] === targetOf(platform).title && row[3] === how

export function rowOf({ runtime: { title, how, platform, specs }, version, not, isSound, reason, files, passed, failed, seconds, tree }) {
  const met = reason === undefined
    ? [specs ? `${files}, chosen` : `${files}`, `${passed + failed}`, isSound ? `${passed}` : `${passed}, **failed**`, `${not.length}`, `${seconds}`, tree]
    : [`not run: ${reason.replaceAll('|', '/')}`, '', '', '', '', tree]
  return [title, version ?? '', targetOf(platform).title, how, ...met]
}

export const asTable = (rows) => tableOf([HEAD, ...rows])

/** Writes the row of what was met, and leaves those of other runtimes. */
export function keepRow(met) {
  const known = rowsOf(readFileSync(join(root, 'docs', 'platforms.md'), 'utf8'), 'run')
  const rows = runtimes.map((runtime) => (runtime === met.runtime ? rowOf(met) : known.find((row) => isOf(runtime, row)))).filter(Boolean)
  const reasons = inapplicable.map(({ where, spec, test, why }) => [where.join(', '), `\`${spec}.spec.ts\``, test ?? 'all of it', why])
  keepTable('run', `${asTable(rows)}\n\nNot applicable:\n\n${tableOf([['where', 'file', 'test', 'why'], ...reasons])}`)
}
