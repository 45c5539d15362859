// Every case runs in a process of its own, so that no case leaves its types, garbage or threads to the next.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const entry = fileURLToPath(new URL('case.js', import.meta.url))

/** Calls the function `name` exported by `file` (of this folder) with `argument` in a new process. */
export function inChild<T>(file: string, name: string, argument: unknown, execArgv: readonly string[] = []): Promise<T> {
  const child = fork(entry, [file, name, JSON.stringify(argument ?? null)], { execArgv: [...execArgv] })
  return new Promise((resolve, reject) => {
    let answer: { value: T } | undefined
    child.on('message', (value) => {
      answer = { value: value as T }
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (answer) resolve(answer.value)
      else reject(new Error(`${file} ${name} ended with ${signal ?? `code ${code}`} and no result`))
    })
  })
}
