import { inspect } from 'node:util'
import { ShardmapError } from './errors'
import { markHandle, unlessClosed } from './handle'
import type { NativeVersions } from './native'
import { leaseTerm } from './options'
import { forgetLease, onLeaseEnd } from './requests'
import type { Key, Lease, Ms } from './types'

/** The Lease of a SnapshotMap. */
export class MapLease implements Lease {
  readonly keys: readonly Key[]
  readonly token: bigint
  readonly #native: NativeVersions
  readonly #request: number
  readonly #term: Ms
  readonly #ended = new AbortController()
  #released = false

  constructor(native: NativeVersions, request: number, token: number, keys: readonly Key[], term: Ms) {
    this.#native = native
    this.#request = request
    this.#term = term
    this.token = BigInt(token)
    this.keys = Object.freeze(keys)
    onLeaseEnd(request, () => this.#ended.abort(new DOMException('the lease has ended', 'AbortError')))
    markHandle(this)
  }

  /** The token of a lease of the map that this is a handle of. */
  static tokenOf(lease: Lease, native: NativeVersions): number {
    if (#native in lease && lease.#native.id === native.id) return Number(lease.token)
    throw new ShardmapError('ERR_SHARDMAP_OPTION', 'commit: lease must be a Lease that lock() of this very map gave; leave it out to commit without one')
  }

  get signal(): AbortSignal {
    return this.#ended.signal
  }

  renew(leaseMs?: Ms): boolean {
    const term = leaseMs === undefined ? this.#term : leaseTerm('renew', leaseMs)
    return !this.#released && this.#native.renew(Number(this.token), term)
  }

  release(): void {
    this.#release()
  }

  [Symbol.dispose](): void {
    this.#release()
  }

  /** @internal */
  [inspect.custom](): string {
    return `Lease ${this.token} (${this.#released ? 'released' : this.signal.aborted ? 'ended' : `${this.keys.length} keys`})`
  }

  #release(): void {
    if (this.#released) return
    unlessClosed(() => this.#native.release(Number(this.token)))
    this.#released = true
    forgetLease(this.#request)
    this.#ended.abort(new DOMException('the lease was released', 'AbortError'))
  }
}
