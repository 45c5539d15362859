// The packages of others that are in shardmap's bundle, by the lock file. Run by itself: a bill of cyclonedx-npm, from the standard input, with these alone: it lists what is
// optional too, where something else wants it for development.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../../scripts/ensure.mjs'

export const fullName = ({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`

export function bundled() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const needed = Object.entries(packages).filter(([path, { dev, peer, devOptional, optional }]) => path && !dev && !peer && !devOptional && !optional)
  return new Set(needed.map(([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bill = JSON.parse(readFileSync(0, 'utf8'))
  const kept = bundled()
  bill.components = bill.components.filter((one) => kept.has(fullName(one)))
  const named = new Set([bill.metadata.component, ...bill.components].map((one) => one['bom-ref']))
  bill.dependencies = bill.dependencies
    .filter(({ ref }) => named.has(ref))
    .map(({ dependsOn, ...one }) => ({ ...one, ...(dependsOn && { dependsOn: dependsOn.filter((ref) => named.has(ref)) }) }))
  console.log(JSON.stringify(bill, null, 2))
}
