import { inspect } from 'node:util'
import { commitFunction, commitFunctionSync, encodeAll, withStaged } from './commits'
import { decodePart, decodeResult } from './codec'
import { ShardmapError } from './errors'
import { markHandle, unlessClosed } from './handle'
import { inspectEntries } from './inspect'
import { ownKey } from './keys'
import { MapLease } from './lease'
import { space, type Kind, type NativeVersions } from './native'
import { PLAIN_LOADS as plainLoads, words as slotWords } from './generations'
import { isAbsence, nearOf, PUBLISH_MASK as publishMask, type Near } from './near'
import { bytesGiven, commitOptions, iterable, lockOptions, mapName, snapshotMapOptions, transactionId, versionNumber } from './options'
import { answerOf, ask, forget, forgetLease, newLeaseRequest, unlessAborted } from './requests'
import { MapSnapshot } from './snapshot'
import type { Change, CommitOptions, CommitRequest, Key, Lease, LockOptions, Snapshot, SnapshotMapOptions, SnapshotStats, Transaction } from './types'
import { Views } from './views'

// Of this module, for another module's binding is looked up at each use.
const words = slotWords
const PLAIN_LOADS = plainLoads
const PUBLISH_MASK = publishMask

const token = Symbol('only open makes handles')

/** What the call answers; it is made again if it fails, and then it is false: nobody is left to be told, and a lease ends with its term. */
function twice(call: () => boolean): boolean {
  for (let left = 2; left > 0; left--) {
    try {
      return call()
    } catch {
      // It has done nothing.
    }
  }
  return false
}

/** What a commit writes: keys with their values; undefined deletes. */
type Writes<K, V> = Iterable<readonly [K, V | undefined]>

/**
 * A map of versions, shared by all threads of the process. Versions rise by one per commit; a commit is visible to every thread at once, and readers
 * never wait and see one whole version. With a `path` it is kept in a file and survives the process, `kill -9` included.
 *
 * Keys and values are those of {@link SharedMap}. A stored undefined does not exist here: in commits it deletes.
 *
 * Every method throws, or rejects with, `ERR_SHARDMAP_CLOSED` after `close()` here or `destroy()` anywhere, and `ERR_SHARDMAP_KEY` for what is no key.
 */
export class SnapshotMap<K extends Key = string, V = unknown> {
  readonly #name: string
  readonly #native: NativeVersions
  readonly #views: Views
  #near: Near
  #closed = false

  private constructor(made: symbol, name: string, native: NativeVersions, limit: number | undefined) {
    if (made !== token) throw new TypeError('SnapshotMap has no public constructor; call SnapshotMap.open(name)')
    this.#name = name
    this.#native = native
    this.#views = new Views(native)
    this.#near = nearOf(this, native, limit)
    markHandle(this)
  }

  /**
   * Opens the map of that name, and makes it if there is none: with a `path` from its file, which is read and checked whole before this returns.
   * `ERR_SHARDMAP_OPTION` for a bad option, `ERR_SHARDMAP_MISMATCH` when the name is open as another kind or with another value of a given option,
   * `ERR_SHARDMAP_CORRUPT` for a file that is damaged or none of shardmap's (it stays as it is), `ERR_SHARDMAP_LOCKED` for one that is open elsewhere.
   */
  static open<K extends Key, V>(name: string, options?: SnapshotMapOptions): SnapshotMap<K, V> {
    const known = mapName(name)
    const { history, mode, near, path, durability } = snapshotMapOptions(options)
    return new SnapshotMap<K, V>(token, known, space.openVersions(known, history, mode, path, durability), near)
  }

  /** The names of all snapshot maps of the process. */
  static names(): string[] {
    return space.versionsNames()
  }

  /**
   * Ends the map for every thread and frees its data; returns whether there was one. Its handles throw `ERR_SHARDMAP_CLOSED` from then on and what
   * waits rejects with it; snapshots stay valid. A file is written out and let go, never deleted: this waits for a commit
   * that is being written, and for the disk; `ERR_SHARDMAP_IO` says that what was not yet on disk is lost.
   */
  static destroy(name: string): boolean {
    return space.destroyVersions(mapName(name))
  }

  /** The name it was opened by. */
  get name(): string {
    return this.#name
  }

  /** The latest version; 0n for a map that nothing was committed to. */
  get version(): bigint {
    return BigInt(this.#native.version())
  }

  /** Entries of the latest version. */
  get size(): number {
    return this.#native.size()
  }

  /**
   * The value in the latest version, or with `at` in the newest one that is not after it (`ERR_SHARDMAP_VERSION` when that is no longer kept). Whoever
   * has read one key of a commit reads all of it. Answered without leaving JavaScript while no commit has changed the key since this thread last
   * read it.
   */
  get(key: K, options?: { at?: bigint }): V | undefined {
    if (options?.at !== undefined) return this.#getAt(key, options.at)
    const near = this.#near
    const known = near.young.get(key)
    if (known !== undefined && (PLAIN_LOADS ? words[known.slot] : Atomics.load(words, known.slot)) === known.version) {
      if ((++near.hits & PUBLISH_MASK) === 0) near.publish()
      return known.value as V | undefined
    }
    return near.read(this.#native, key, known) as V | undefined
  }

  /** Whether the latest version has the key. */
  has(key: K): boolean {
    const known = this.#near.young.get(key)
    if (known !== undefined && (PLAIN_LOADS ? words[known.slot] : Atomics.load(words, known.slot)) === known.version) return true
    return (known === undefined || !isAbsence(known)) && this.#native.has(key)
  }

  /** The latest version, held: it stays as it is until closed. Takes the same time however large the map is. */
  snapshot(): Snapshot<K, V> {
    return this.#hold(undefined)
  }

  /** The newest version that is not after this one, held. `ERR_SHARDMAP_VERSION` when it is no longer kept. */
  at(version: bigint): Snapshot<K, V> {
    return this.#hold(versionNumber('at', version))
  }

  /** The versions that are kept, the oldest first. */
  versions(): {
    /** Its number. */
    version: bigint
    /** When it was made. */
    at: Date
    /** Keys that it changed. */
    changes: number
  }[] {
    const flat = this.#native.versions()
    return Array.from({ length: flat.length / 3 }, (_, i) => {
      const [version, at, changes] = flat.slice(3 * i, 3 * i + 3) as [number, number, number]
      return { version: BigInt(version), at: new Date(at), changes }
    })
  }

  /**
   * What the versions after `from`, up to and with `to` (default: the latest), have changed, version by version. `ERR_SHARDMAP_VERSION` when `from`
   * is older than what is kept, also when commits have pushed it out before the iteration came there. A step reads one version's changes.
   */
  changes(from: bigint, to?: bigint): IterableIterator<Change<K, V>> {
    const first = versionNumber('changes', from)
    const last = to === undefined ? Infinity : versionNumber('changes', to)
    const kept = this.versions().map(({ version }) => Number(version))
    if (kept[0]! > first) {
      throw new ShardmapError('ERR_SHARDMAP_VERSION', `version ${from} is no longer kept; the oldest is ${kept[0]}: open the map with a larger history`)
    }
    return this.#changesOf(kept.filter((version) => version > first && version <= last))
  }

  /**
   * Changes many keys in one step; resolves with the new version when it is visible to every thread and as durable as the map was opened for. Entries
   * are written as they are (undefined deletes). A function gets a transaction: it runs at once, and again whenever a key that it read was written
   * meanwhile (after 100 tries the promise rejects with `ERR_SHARDMAP_CONFLICT` and those keys), so it must do nothing else, and must not be async
   * (`ERR_SHARDMAP_VALUE`). What it throws rejects the promise and commits nothing. A commit without writes resolves with the present version.
   */
  async commit(change: ((tx: Transaction<K, V>) => void) | Writes<K, V>, options?: CommitOptions): Promise<bigint> {
    const { signal, lease } = commitOptions(options)
    signal?.throwIfAborted()
    const native = this.#native
    const held = lease === undefined ? undefined : MapLease.tokenOf(lease, native)
    if (typeof change === 'function') return commitFunction(native, this.#views, change, held, signal)
    const writes = encodeAll('commit', change)
    if (writes.length === 0 && held === undefined) return this.version
    return this.#answer((request) => withStaged(native, writes, [], () => native.commit(request, held)), signal)
  }

  /** The same and waits, for other writers and for the disk; returns the version. For start-up and tools: it blocks the thread. */
  commitSync(change: ((tx: Transaction<K, V>) => void) | Writes<K, V>): bigint {
    const native = this.#native
    if (typeof change === 'function') return commitFunctionSync(native, this.#views, change)
    const writes = encodeAll('commitSync', change)
    return writes.length === 0 ? this.version : BigInt(withStaged(native, writes, [], () => native.commit(undefined)) as number)
  }

  /**
   * Commits what was worked out from a version elsewhere: in another thread, another process, a browser. Rejects with `ERR_SHARDMAP_CONFLICT`, and the
   * keys, if one that it read was written since that version; with `ERR_SHARDMAP_VERSION` if that version is no longer kept. With a `txId` it is done
   * once, however often it is asked for.
   */
  async tryCommit(request: CommitRequest<K, V>): Promise<bigint> {
    if (typeof request !== 'object' || request === null) throw new ShardmapError('ERR_SHARDMAP_OPTION', 'tryCommit takes an object with version and writes')
    const { reads } = request
    const txId = transactionId(request.txId)
    const version = versionNumber('tryCommit', request.version)
    const writes = encodeAll('tryCommit', request.writes)
    const keys = reads === undefined ? writes.filter((_, i) => i % 3 === 0) : Array.from(iterable('tryCommit', reads), ownKey)
    const native = this.#native
    return this.#answer((number) => withStaged(native, writes, keys, () => native.tryCommit(number, undefined, txId, version)), undefined)
  }

  /** Replaces everything by these entries in one step; another thread puts them together, and readers and writers go on meanwhile. */
  async replaceAll(entries: Iterable<readonly [K, V]>): Promise<bigint> {
    const writes = encodeAll('replaceAll', entries)
    const native = this.#native
    return this.#answer((request) => withStaged(native, writes, [], () => native.replaceAll(request)), undefined)
  }

  /** A new version with the content that an older one had. `ERR_SHARDMAP_VERSION` when it is no longer kept. */
  async rollback(version: bigint): Promise<bigint> {
    const number = versionNumber('rollback', version)
    return this.#answer((request) => this.#native.rollback(request, number), undefined)
  }

  /**
   * Locks keys against other lockers (reads and commits do not ask): all at once, in the order of asking, so never a deadlock. A lease ends when it is
   * released, when its time is over, or with its thread. Not re-entrant: asking again waits for oneself.
   */
  async lock(keys: Iterable<K>, options?: LockOptions): Promise<Lease> {
    const { leaseMs, signal } = lockOptions(options)
    const own = Array.from(iterable('lock', keys), ownKey)
    signal?.throwIfAborted()
    const native = this.#native
    const request = newLeaseRequest()
    try {
      const answer = withStaged(native, [], own, () => native.lock(request, leaseMs))
      const token = answer >= 0 ? answer : await this.#granted(request, answer, signal)
      return new MapLease(native, request, token, own, leaseMs)
    } catch (error) {
      forgetLease(request)
      throw error
    }
  }

  /**
   * What leads from a version to the latest, for another map: compact, and checked when applied. From 0n it holds every entry; otherwise
   * `ERR_SHARDMAP_VERSION` unless that version is kept.
   */
  exportDelta(from: bigint): Uint8Array {
    return this.#native.exportDelta(versionNumber('exportDelta', from))
  }

  /**
   * Applies what another map's `exportDelta` has made, in one step: the map then has that version. `ERR_SHARDMAP_VERSION` unless it stands at the very
   * version that the delta leads from and descends from the same map (a map without a version takes any); `ERR_SHARDMAP_CORRUPT` for damage.
   * The checksum finds damage and is no signature: take deltas only from who is trusted.
   */
  async applyDelta(delta: Uint8Array): Promise<bigint> {
    const bytes = bytesGiven('applyDelta', delta)
    return this.#answer((request) => this.#native.applyDelta(request, bytes), undefined)
  }

  /** Counters of the whole process; see {@link SnapshotStats}. */
  stats(): SnapshotStats {
    const [version, entries, versionsKept, liveSnapshots, oldestSnapshotMs, commits, conflicts, logWrites, bytes] = this.#native.stats() as [
      number, number, number, number, number, number, number, number, number,
    ]
    return { version: BigInt(version), entries, versionsKept, liveSnapshots, oldestSnapshotMs, commits, conflicts, logWrites, bytes }
  }

  /** Ends this handle; the data lives on until `destroy` or the end of the process. Snapshots and what waits go on. Closing twice is fine. */
  close(): void {
    this.#close()
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.#close()
  }

  /** @internal */
  [inspect.custom](): string {
    const title = `SnapshotMap ${JSON.stringify(this.#name)}`
    let shown = `${title} (closed)`
    unlessClosed(() => {
      const snapshot = this.snapshot()
      shown = inspectEntries(`${title} at ${snapshot.version}`, snapshot.size, snapshot)
      snapshot.close()
    })
    return shown
  }

  async #answer(call: (request: number) => number | undefined, signal: AbortSignal | undefined): Promise<bigint> {
    return BigInt(await unlessAborted(ask(call), signal, () => {}))
  }

  /** The token that a request which waits by this ticket gets, unless the signal is aborted first. */
  #granted(request: number, ticket: number, signal: AbortSignal | undefined): number | Promise<number> {
    const native = this.#native
    const granted = answerOf(request)
    return unlessAborted(granted, signal, () => {
      if (twice(() => native.cancelLock(ticket))) forget(request)
      else granted.then((late) => void twice(() => native.release(late)), () => {})
    })
  }

  #getAt(key: K, at: bigint): V | undefined {
    return this.#views.with((view) => {
      view.take(versionNumber('get', at))
      return decodeResult(view.get(key)) as V | undefined
    })
  }

  *#changesOf(versions: readonly number[]): IterableIterator<Change<K, V>> {
    for (const version of versions) {
      const rows = this.#native.changes(version)
      for (let i = 0; i < rows.length; i += 5) {
        yield {
          version: BigInt(version),
          key: rows[i] as K,
          before: decodePart(rows[i + 1] as Kind, rows[i + 2]) as V | undefined,
          after: decodePart(rows[i + 3] as Kind, rows[i + 4]) as V | undefined,
        }
      }
    }
  }

  #hold(version: number | undefined): Snapshot<K, V> {
    const views = this.#views
    const view = views.take()
    try {
      const [taken, at] = view.take(version)
      return new MapSnapshot<K, V>(view, { name: this.#name, version: taken, at, closed: () => views.giveBack(view) })
    } catch (error) {
      views.giveBack(view)
      throw error
    }
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#views.close()
    this.#near.leave(this.#native)
    this.#near = nearOf(this, this.#native, 0)
    this.#native.close()
  }
}
