// Packs shardmap, publishes it to a registry on this machine, and installs it from there into empty projects as users have them.
//   npm run verify:install [-- <words>]   words: only the cases whose names have one of them, and no table is written
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureCargo, root, run } from '../ensure.mjs'
import { pack, stage } from '../pack.mjs'
import { tableOf, writeTable } from '../table.mjs'
import { binaryOf, hostTarget, targets } from '../targets.mjs'
import { bundledProject, bundlerCases } from './install/bundlers.mjs'
import { managerCases } from './install/managers.mjs'
import { nextCases } from './install/next.mjs'
import { platformCases } from './install/platforms.mjs'
import { publishCases } from './install/publishing.mjs'
import { startRegistry } from './install/registry.mjs'
import { tarballCases } from './install/tarballs.mjs'
import { typeCases, typedProject } from './install/types.mjs'

const words = process.argv.slice(2)
const lanes = 2

/** The platform of this machine: the others' binaries are published if they are there. */
function hostPlatform() {
  const { platform, triple } = hostTarget()
  if (!existsSync(join(root, 'npm', platform, binaryOf(platform)))) {
    ensureCargo()
    run('bash', 'ci/prebuild.sh', triple)
  }
  return platform
}

/** `[what, with, run]`, one after the other in each lane; each ends with what was seen or with its failure. */
async function all(cases) {
  const results = []
  let next = 0
  const lane = async () => {
    while (next < cases.length) {
      const at = next++
      const [what, how, act] = cases[at]
      const begun = performance.now()
      try {
        results[at] = { seen: await act() }
      } catch (error) {
        results[at] = { failure: error }
      }
      const { seen, failure } = results[at]
      console.log(`${failure ? 'FAILED' : 'ok'} ${what}, ${how}: ${failure ? failure.message : seen} (${((performance.now() - begun) / 1000).toFixed(1)} s)`)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return results
}

/** Once, whoever asks first. */
const once = (make) => {
  let made
  return () => (made ??= make())
}

async function main() {
  const host = hostPlatform()
  console.log('packing')
  const packed = pack(stage())
  const published = packed.flatMap(({ platform }) => platform ?? [])
  const registry = await startRegistry()
  console.log(`publishing ${packed.length} packages`)
  const publishing = await publishCases(packed, registry.env)

  const site = { url: registry.url, host, published }
  const [typedOnce, bundledOnce] = [once(() => typedProject(site)), once(() => bundledProject(site))]
  const inProject = (key, make, cases) => cases.map(([what, how, act]) => [what, how, async () => {
    site[key] = await make()
    return act()
  }])
  const cases = [
    ...tarballCases(packed),
    ...publishing,
    ...await managerCases(site),
    ...platformCases(site),
    ...inProject('typed', typedOnce, typeCases(site)),
    ...inProject('bundled', bundledOnce, bundlerCases(site)),
    ...nextCases(site),
  ].filter(([what, how]) => words.length === 0 || words.some((word) => `${what} ${how}`.toLowerCase().includes(word.toLowerCase())))
  const results = await all(cases)
  registry.stop()

  const failed = results.filter(({ failure }) => failure).length
  const table = tableOf([['What', 'With', 'Seen'], ...cases.map(([what, how], at) => [what, how, results[at].seen ?? 'FAILED'])])
  const unbuilt = targets.length - published.length
  const note = `On ${process.platform} ${process.arch} with Node ${process.versions.node}. ${published.length} of ${targets.length} platforms were built and published.`
  if (failed === 0 && words.length === 0) writeTable('installed', `${table}\n\n${note}`)
  else console.log(`\n${table}\n\n${note}`)
  if (unbuilt > 0) console.log(`not built, so not installed anywhere: ${targets.filter(({ platform }) => !published.includes(platform)).map(({ platform }) => platform).join(', ')}`)
  console.log(`${results.length - failed} passed, ${failed} failed`)
  process.exit(failed === 0 && results.length > 0 ? 0 : 1)
}

await main()
