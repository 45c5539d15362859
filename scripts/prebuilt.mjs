// What ci/prebuild.sh builds, one line for each target: `node scripts/prebuilt.mjs targets [name...]`; what it has built, as a table of docs/platforms.md if it
// is all of them: `node scripts/prebuilt.mjs table <folder of what the check said>`.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { root, stop } from './ensure.mjs'
import { tableOf, writeTable } from './table.mjs'
import { binaryOf, targetOf, targets } from './targets.mjs'

/** No `.node` is larger. What is in them, and why it is no less: docs/decisions.md. */
const MAX_BYTES = 2_000_000

const pathOf = (platform) => join('npm', platform, binaryOf(platform))

function chosen(names) {
  if (names.length === 0) return targets
  return names.map((name) => targetOf(name) ?? stop(`there is no target ${name}; there are ${targets.map(({ platform }) => platform).join(', ')}`))
}

function table(reports) {
  const built = targets.filter(({ platform }) => existsSync(join(reports, `${platform}.json`)) && existsSync(join(root, pathOf(platform))))
  const over = []
  const rows = built.map(({ platform, title, zig }) => {
    const { needs } = JSON.parse(readFileSync(join(reports, `${platform}.json`), 'utf8'))
    const path = join(root, pathOf(platform))
    const { size } = statSync(path)
    if (size > MAX_BYTES) over.push(`${pathOf(platform)} has ${size} bytes, more than ${MAX_BYTES}`)
    return [title, `\`shardmap-${platform}\``, `\`${zig}\``, needs, kB(size), kB(gzipSync(readFileSync(path), { level: 9 }).length)]
  })
  const markdown = tableOf([['for', 'package', 'built as', 'needs at least', 'size in kB', 'gzip'], ...rows])
  if (built.length === targets.length) writeTable('built', markdown)
  else console.log(`\n${markdown}\n`)
  if (over.length > 0) stop(over.join('\n'))
}

const kB = (bytes) => (bytes / 1000).toFixed(0)

const [command, ...args] = process.argv.slice(2)
if (command === 'targets') for (const { platform, zig, triple } of chosen(args)) console.log(platform, zig, pathOf(platform), triple)
else if (command === 'table' && args.length === 1) table(args[0])
else stop('prebuilt.mjs takes `targets [name...]` or `table <folder>`')
