/** What gathers writes or keys natively until they are applied. */
interface Staging {
  unstage(): void
}

/** Whose staging was begun and not ended: at most one of a thread, since nothing in between runs code of the user. */
let begun: Staging | undefined

/**
 * Runs `stage` and then `apply`, all or nothing. A time limit of `node:vm` ends JavaScript between any two steps, and runs neither catch nor finally: what such
 * an end has left staged must not become part of what is done next.
 */
export function staged<T>(native: Staging, stage: () => void, apply: () => T): T {
  begun?.unstage()
  begun = native
  try {
    stage()
    const result = apply()
    begun = undefined
    return result
  } catch (error) {
    begun = undefined
    native.unstage()
    throw error
  }
}
