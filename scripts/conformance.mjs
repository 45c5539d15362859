// The tests that others have for what an adapter must do, each in a folder of its own with what it needs.
import { join } from 'node:path'
import { ensureConformance, run, runModule, stop } from './ensure.mjs'

const suites = {
  keyv() {
    run(process.execPath, 'conformance/keyv/node_modules/vitest/vitest.mjs', 'run', '--root', 'conformance/keyv')
  },
  keyv6() {
    run(process.execPath, '--test', ...['keyv', 'storage'].map((file) => join('conformance', 'keyv6', `${file}.test.js`)))
    runModule('typescript/bin/tsc', '-p', join('conformance', 'keyv6'))
  },
}

export function conform(name) {
  if (!Object.hasOwn(suites, name)) stop(`conformance has ${Object.keys(suites).join(', ')}, not ${name}`)
  ensureConformance(name)
  suites[name]()
}
