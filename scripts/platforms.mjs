// The package of each platform, npm/<platform>/package.json and README.md, from the list of targets and package.json. The binary beside them is built by ci/prebuild.sh.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root, stop } from './ensure.mjs'
import { binaryOf, packageOf, targets } from './targets.mjs'

/** What each file shall contain. */
function expected() {
  const { version, license, engines, homepage, repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const files = new Map()
  for (const { platform, triple, needs, title } of targets) {
    const binary = binaryOf(platform)
    const description = `The binary of shardmap for ${title}`
    const manifest = { name: packageOf(platform), version, description, license, repository: { ...repository, directory: `npm/${platform}` }, ...needs, engines, type: 'commonjs', main: binary, files: [binary] }
    files.set(`npm/${platform}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`)
    files.set(`npm/${platform}/README.md`, readme(platform, triple, title, homepage))
  }
  return files
}

const readme = (platform, triple, title, homepage) => `# ${packageOf(platform)}

The binary of [shardmap](${homepage}) for ${title} (\`${triple}\`).

\`npm install shardmap\` installs it where it fits; nothing else needs it, and it does nothing alone.
`

export function writePlatforms() {
  const wanted = new Set(targets.map(({ platform }) => platform))
  for (const name of readdirSync(join(root, 'npm'))) if (!wanted.has(name)) rmSync(join(root, 'npm', name), { recursive: true })
  for (const [file, text] of expected()) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
}

export function checkPlatforms() {
  for (const [file, text] of expected()) {
    if (read(file) !== text) stop(`${file} is not what scripts/platforms.mjs says: run \`npm run build\` and commit what it writes.`)
  }
}

function read(file) {
  try {
    return readFileSync(join(root, file), 'utf8')
  } catch {
    return ''
  }
}
