import { spawnSync } from 'node:child_process'

/** Runs cargo and returns what it prints; a failure is told, and leaves what it measures unmeasured. */
export function cargo(root: string, args: string[]): string {
  const { status, stdout } = spawnSync('cargo', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 26 })
  if (status !== 0) console.error(`cargo ${args.join(' ')} failed`)
  return stdout ?? ''
}

/** Runs an example of shardmap-bench and returns the line of JSON that it prints. */
export function runExample<T>(root: string, name: string): T | undefined {
  const output = cargo(root, ['run', '--release', '-q', '-p', 'shardmap-bench', '--example', name])
  const line = output.split('\n').find((text) => text.startsWith('{'))
  return line === undefined ? undefined : (JSON.parse(line) as T)
}
