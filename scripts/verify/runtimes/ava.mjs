// ava's command line, also where the runtime has no coverage to take at its end.
import v8 from 'node:v8'

if ('bun' in process.versions || 'deno' in process.versions) v8.takeCoverage = () => {}
await import('../../../node_modules/ava/entrypoints/cli.mjs')
