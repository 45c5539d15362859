import type { CacheSetOptions, FetchOptions, SharedCacheOptions } from './cache-types'
import { ShardmapError } from './errors'
import { abortSignal, checked, describe, isWellFormed, oneOf, optionError, path, whole, type Rule } from './rules'

const MAX_TAGS = 64
const MAX_TAG_LENGTH = 256
const MAX_TIMEOUT_MS = 2 ** 31 - 1

const flag: Rule = { ok: (value) => typeof value === 'boolean', want: 'true or false' }

const milliseconds = (least: number, most: number, want: string): Rule => ({
  ok: (value) => typeof value === 'number' && value >= least && value <= most,
  want,
})

const ttlRule = milliseconds(1, Infinity, 'a number of milliseconds from 1 on, or Infinity for an entry that does not expire')
const staleRule = milliseconds(0, Infinity, 'a number of milliseconds from 0 on')
const timeoutRule = milliseconds(1, MAX_TIMEOUT_MS, `a number of milliseconds from 1 to ${MAX_TIMEOUT_MS}`)

const cacheRules: Record<keyof SharedCacheOptions, Rule> = {
  max: whole(1, 2 ** 32 - 1),
  maxBytes: whole(1, Number.MAX_SAFE_INTEGER),
  maxEntryBytes: whole(1, Number.MAX_SAFE_INTEGER),
  ttl: milliseconds(1, Number.MAX_SAFE_INTEGER, 'a number of milliseconds from 1 on'),
  ttlJitter: { ok: (value) => typeof value === 'number' && value >= 0 && value <= 1, want: 'a fraction from 0 to 1' },
  updateAgeOnGet: flag,
  allowStale: flag,
  policy: oneOf('tinylfu', 'lru'),
  near: whole(0, 2 ** 24 - 1),
}

export function cacheOptions(options: unknown): SharedCacheOptions {
  const given = checked<SharedCacheOptions>('SharedCache.open', options, cacheRules)
  return given.ttl === undefined ? given : { ...given, ttl: Math.ceil(given.ttl) }
}

/** How an entry is kept, as the native side takes it. */
export interface Terms {
  ttl: number | undefined
  tags: readonly string[]
}

/** What `fetch` was asked for. */
export interface Ask extends Terms {
  staleMs: number
  timeout: number | undefined
  signal: AbortSignal | undefined
  force: boolean
}

const NO_TAGS: readonly string[] = Object.freeze([])
export const NO_TERMS: Terms = Object.freeze({ ttl: undefined, tags: NO_TAGS })
export const PLAIN_ASK: Ask = Object.freeze({ ...NO_TERMS, staleMs: 0, timeout: undefined, signal: undefined, force: false })

function object<T extends object>(call: string, options: T): T {
  if (typeof options === 'object' && options !== null) return options
  throw optionError(`${call} takes an object of options, not ${describe(options)}`)
}

function given<T>(call: string, name: string, value: T | undefined, rule: Rule): T | undefined {
  if (value === undefined || rule.ok(value)) return value
  throw optionError(`${call}: ${name} must be ${rule.want}, not ${describe(value)}; leave it out for the default`)
}

function unknown(call: string, name: string, names: string): never {
  throw optionError(`${call} has no option "${name}"; it has ${names}`)
}

function ttlGiven(call: string, value: number | undefined): number | undefined {
  const ttl = given(call, 'ttl', value, ttlRule)
  return ttl === undefined ? undefined : Math.ceil(ttl)
}

export function tagGiven(call: string, tag: unknown): string {
  if (typeof tag === 'string' && tag !== '' && tag.length <= MAX_TAG_LENGTH && isWellFormed(tag)) return tag
  throw optionError(`${call}: a tag is a string of 1 to ${MAX_TAG_LENGTH} characters without a lone surrogate, not ${describe(tag)}`)
}

function tagsGiven(call: string, tags: readonly string[] | undefined): readonly string[] {
  if (tags === undefined) return NO_TAGS
  if (!Array.isArray(tags)) throw optionError(`${call}: tags must be an array of strings, not ${describe(tags)}`)
  if (tags.length > MAX_TAGS) throw optionError(`${call}: an entry has at most ${MAX_TAGS} tags, not ${tags.length}; tag it by what you invalidate together`)
  return Array.from(tags as readonly unknown[], (tag) => tagGiven(call, tag))
}

export function setOptions(call: string, options: CacheSetOptions | undefined): Terms {
  if (options === undefined) return NO_TERMS
  const { ttl, tags } = object(call, options)
  for (const name in options) if (name !== 'ttl' && name !== 'tags') unknown(call, name, 'ttl, tags')
  return { ttl: ttlGiven(call, ttl), tags: tagsGiven(call, tags) }
}

export function incrementTtl(options: { ttl?: number } | undefined): number | undefined {
  if (options === undefined) return undefined
  const { ttl } = object('increment', options)
  for (const name in options) if (name !== 'ttl') unknown('increment', name, 'ttl')
  return ttlGiven('increment', ttl)
}

export function incrementBy(by: unknown): number {
  if (typeof by === 'number') return by
  throw new ShardmapError('ERR_SHARDMAP_VALUE', `increment of a cache adds a number, not ${describe(by)}`)
}

const FETCH_OPTIONS = new Set(['ttl', 'staleWhileRevalidate', 'timeout', 'signal', 'tags', 'forceRefresh'])

export function fetchOptions(options: FetchOptions | undefined): Ask {
  if (options === undefined) return PLAIN_ASK
  const { ttl, staleWhileRevalidate, timeout, signal, tags, forceRefresh } = object('fetch', options)
  for (const name in options) if (!FETCH_OPTIONS.has(name)) unknown('fetch', name, [...FETCH_OPTIONS].join(', '))
  return {
    ttl: ttlGiven('fetch', ttl),
    tags: tagsGiven('fetch', tags),
    staleMs: Math.min(Math.ceil(given('fetch', 'staleWhileRevalidate', staleWhileRevalidate, staleRule) ?? 0), Number.MAX_SAFE_INTEGER),
    timeout: given('fetch', 'timeout', timeout, timeoutRule),
    signal: given('fetch', 'signal', signal, abortSignal),
    force: given('fetch', 'forceRefresh', forceRefresh, flag) ?? false,
  }
}

export function pathGiven(call: string, value: unknown): string {
  if (path.ok(value)) return value as string
  throw optionError(`${call} takes ${path.want}, not ${describe(value)}`)
}
