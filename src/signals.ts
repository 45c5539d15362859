interface Heard {
  readonly calls: Set<() => void>
  readonly abort: () => void
}

// A signal that is given to very many calls gets one listener: of more than a few, the runtime warns.
const signals = new WeakMap<AbortSignal, Heard>()

/** Calls `call` when the signal aborts, unless `offAbort` is called before. */
export function onAbort(signal: AbortSignal, call: () => void): void {
  const known = signals.get(signal)
  if (known !== undefined) {
    known.calls.add(call)
    return
  }
  const calls = new Set([call])
  const abort = (): void => {
    signals.delete(signal)
    for (const each of calls) each()
  }
  signals.set(signal, { calls, abort })
  signal.addEventListener('abort', abort, { once: true })
}

export function offAbort(signal: AbortSignal, call: () => void): void {
  const known = signals.get(signal)
  if (known === undefined || !known.calls.delete(call) || known.calls.size > 0) return
  signals.delete(signal)
  signal.removeEventListener('abort', known.abort)
}
