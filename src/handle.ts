import { ShardmapError } from './errors'

/** The body is never run: its source is what the DataCloneError of postMessage and structuredClone quotes. */
function openTheMapByItsNameInTheOtherThread(): void {}

const handles = new WeakSet<object>()

/** Marks a handle: structured clone throws for it instead of making an empty object of it. */
export function markHandle(handle: object): void {
  handles.add(handle)
  Object.defineProperty(handle, 'notSendable', { value: openTheMapByItsNameInTheOtherThread, enumerable: true })
}

export function isHandle(value: object): boolean {
  return handles.has(value)
}

export function closedError(what: string): ShardmapError {
  return new ShardmapError('ERR_SHARDMAP_CLOSED', `this ${what} was closed; open or take a new one`)
}

export function isClosedError(error: unknown): boolean {
  return error instanceof ShardmapError && error.code === 'ERR_SHARDMAP_CLOSED'
}

/** Runs what has nothing to do once a map is closed. */
export function unlessClosed(run: () => void): void {
  try {
    run()
  } catch (error) {
    if (!isClosedError(error)) throw error
  }
}
