// The commands of package.json. Each works on a fresh clone with Node and Rust.
import { conform } from './conformance.mjs'
import { ensureBenchParts, ensureCargo, ensureCompiled, ensureFace, ensureModules, ensureNative, ensurePublished, ensureTools, run, runModule, stop } from './ensure.mjs'
import { checkPlatforms, writePlatforms } from './platforms.mjs'
import { checkTypes, writeTypes } from './types.mjs'
import { measureLoad } from './verify/load.mjs'

const [task, ...args] = process.argv.slice(2)

function ready() {
  ensureModules()
  ensureNative()
  ensureFace()
}

function lint() {
  ensureModules()
  ensureCargo()
  runModule('oxlint/bin/oxlint', '--deny-warnings')
  run('cargo', 'fmt', '--all', '--check')
  run('cargo', 'clippy', '--workspace', '--all-targets', '--quiet', '--', '--deny', 'warnings')
}

/** Whether what `build` writes into the repository is there as it would write it. */
function types() {
  checkTypes()
  checkPlatforms()
}

function rust() {
  ensureCargo()
  run('cargo', 'test', '--workspace', '--exclude', 'shardmap-bench', '--quiet')
  run('bash', 'ci/loom.sh', 'quick')
  run('bash', 'ci/shuttle.sh', 'quick')
  run('bash', 'ci/asan.sh', 'quick')
}

/** Beside whatever addon is there. */
function tests() {
  ensureFace()
  ensurePublished()
  ensureBenchParts()
  ensureCompiled('__test__', 'test', 'bench')
}

function suite() {
  ready()
  tests()
}

/** The site; a link that leads nowhere, or something public without a comment, is an error. */
function docs() {
  ensureModules()
  runModule('typedoc/bin/typedoc', '--options', 'docs/site/typedoc.json')
}

function benches() {
  ready()
  ensureCompiled('bench', 'bench')
}

function ava() {
  suite()
  runModule('ava/entrypoints/cli.mjs', ...args)
}

const tasks = {
  build() {
    ready()
    writeTypes()
    writePlatforms()
  },
  lint,
  types() {
    ensureModules()
    types()
  },
  rust,
  suite,
  tests,
  ava,
  conformance() {
    ready()
    conform(args[0] ?? 'keyv')
  },
  test() {
    lint()
    types()
    rust()
    ava()
    conform('keyv')
    docs()
  },
  demo() {
    ready()
    ensureCompiled('examples', 'examples')
    run(process.execPath, 'build/examples/cities/main.js', ...args)
  },
  bench() {
    benches()
    run(process.execPath, '--expose-gc', 'build/bench/main.js', ...args)
  },
  docs,
  soak() {
    suite()
    run(process.execPath, 'build/test/soak/main.js', ...args)
  },
  'verify:load'() {
    ready()
    ensurePublished()
    measureLoad()
  },
  'verify:runtimes'() {
    suite()
    run(process.execPath, 'scripts/verify/runtimes.mjs', ...args)
  },
  'verify:install'() {
    ensureModules()
    ensureTools('scripts/verify/install/tools')
    run(process.execPath, 'scripts/verify/install.mjs', ...args)
  },
  churn() {
    benches()
    run(process.execPath, 'build/bench/cache/churn.js', ...args)
  },
}

if (!Object.hasOwn(tasks, task)) stop(`run.mjs takes one of ${Object.keys(tasks).join(', ')}`)
tasks[task]()
