import { ShardmapError } from './errors'

// The rules that options are checked by.

/** What an option may be. */
export interface Rule {
  ok: (value: unknown) => boolean
  want: string
}

export const whole = (from: number, to: number): Rule => ({
  ok: (value) => Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to,
  want: `a whole number from ${from} to ${to}`,
})

/** Without a lone surrogate, which the native side would read as another character. */
export const isWellFormed = (text: string): boolean => (text as unknown as { isWellFormed(): boolean }).isWellFormed()

export const oneOf = (...names: string[]): Rule => ({ ok: (value) => names.includes(value as string), want: names.map((name) => `'${name}'`).join(' or ') })

export const abortSignal: Rule = { ok: (value) => value instanceof AbortSignal, want: 'an AbortSignal' }

export const path: Rule = { ok: (value) => typeof value === 'string' && value !== '' && !value.includes('\0') && isWellFormed(value), want: 'the path of a file' }

/** The options that were given, each checked by its rule. */
export function checked<T extends object>(call: string, options: unknown, rules: Record<keyof T, Rule>): T {
  if (options === undefined) return {} as T
  if (typeof options !== 'object' || options === null) throw optionError(`${call} takes an object of options, not ${describe(options)}`)
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(rules, name)) throw optionError(`${call} has no option "${name}"; it has ${Object.keys(rules).join(', ')}`)
    if (value === undefined) continue
    const rule = rules[name as keyof T]
    if (!rule.ok(value)) throw optionError(`${call}: ${name} must be ${rule.want}, not ${describe(value)}; leave it out for the default`)
    result[name] = value
  }
  return result as T
}

export function optionError(message: string): ShardmapError {
  return new ShardmapError('ERR_SHARDMAP_OPTION', message)
}

export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value === null || typeof value !== 'object') return typeof value === 'symbol' || typeof value === 'function' ? `a ${typeof value}` : String(value)
  return 'an object'
}
