import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Runs a file of this folder as a process of its own and gives the one message that it sends. */
export function runChild<T>(file: string, args: readonly string[], execArgv: readonly string[] = []): Promise<T> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, { execArgv: [...execArgv] })
  return new Promise((resolve, reject) => {
    let answer: { value: T } | undefined
    child.on('message', (value) => (answer = { value: value as T }))
    child.on('error', reject)
    child.on('exit', (code) => (answer ? resolve(answer.value) : reject(new Error(`${file} ended with code ${code} and no answer`))))
  })
}

/** The next message of a process; rejects when it ends first. */
export function messageFrom<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a process ended with code ${code} and no answer`))
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message as T)
    })
  })
}
