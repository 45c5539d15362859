// What ci/semver.sh says of types: what breaks code that was written for the old ones, and only that.
import test from 'ava'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = dirname(createRequire(import.meta.url).resolve('shardmap/package.json'))
const { breaksOf, mayBreak } = await import(pathToFileURL(join(root, 'ci', 'semver', 'types.mjs')).href)

/** The exports that broke, by name, in order. */
function broken(name: string, old: string, now: string): string[] {
  const work = join(root, 'build', 'compatible', name)
  for (const [side, text] of [['old', old], ['now', now]]) {
    mkdirSync(join(work, side), { recursive: true })
    writeFileSync(join(work, side, 'index.d.ts'), text)
  }
  const breaks: string[] = breaksOf(join(work, 'old'), join(work, 'now'), join(work, 'compiled'))
  return [...new Set(breaks.map(sentence => sentence.split(': ')[1]))].sort()
}

const pairs: Record<string, [string, string]> = {
  removed: ['export declare function removed(): void', ''],
  removedType: ['export type removedType = 1', ''],
  method: ['export declare class method { #private; a(): void; b(): void }', 'export declare class method { #private; a(): void }'],
  statics: ['export declare class statics { private constructor(); static open(): statics }', 'export declare class statics { private constructor() }'],
  narrowed: ['export declare class narrowed { set(key: string | number): this }', 'export declare class narrowed { set(key: string): this }'],
  narrowedMaking: ['export declare class narrowedMaking { constructor(key: string | number) }', 'export declare class narrowedMaking { constructor(key: string) }'],
  required: ['export declare class required { get(key: string, how?: string): void }', 'export declare class required { get(key: string, how: string): void }'],
  widened: ['export declare class widened { get(key: string): string }', 'export declare class widened { get(key: string): string | undefined }'],
  overload: ['export declare class overload { a(b: string): 1; a(b: number): 2 }', 'export declare class overload { a(b: string): 1 }'],
  accessor: ['export declare class accessor { get size(): number }', 'export declare class accessor { get size(): bigint }'],
  option: ['export interface option { near?: number; max?: number }\nexport declare function withOption(it: option): void', 'export interface option { max?: number }\nexport declare function withOption(it: option): void'],
  withRequired: ['interface options { a?: number }\nexport declare function withRequired(it: options): void', 'interface options { a?: number; b: number }\nexport declare function withRequired(it: options): void'],
  parameter: ['export interface parameter<K, V> { k: K; v: V }', 'export interface parameter<K> { k: K }'],
  bound: ['export interface bound<K extends string | number> { k: K }', 'export interface bound<K extends string> { k: K }'],
  codes: ['export declare class codes { readonly code: "a" }', 'export declare class codes { readonly code: "a" | "b" }'],
  callback: ['interface tx { get(): 1; set(): void }\nexport declare function callback(body: (it: tx) => void): void', 'interface tx { get(): 1 }\nexport declare function callback(body: (it: tx) => void): void'],
}

test('each break is caught, by the name of what it breaks', t => {
  const text = (at: 0 | 1) => Object.values(pairs).map((pair, n) => pair[at].replaceAll(/\b(options|tx)\b/g, `$1${n}`)).join('\n')
  t.deepEqual(broken('breaks', text(0), text(1)), Object.keys(pairs).sort())
})

test('more that can be called, given, named or left out breaks nothing', t => {
  const old = `
    export interface Options { a?: number }
    export interface Batch<K> { get(key: K): string | undefined; [Symbol.dispose](): void }
    export declare class Store<K extends string = string, V = unknown> implements Iterable<V> {
      #private; private constructor(); static open<K extends string, V>(name: string, options?: Options): Store<K, V>;
      get size(): number; set(key: K, value: V): this; batch(): Batch<K>; each(body: (it: Batch<K>) => void): void; [Symbol.iterator](): IterableIterator<V>
    }
    export declare const twice: (it: 1 | 2) => number | string`
  const now = `
    export type More = 'more'
    export interface Options { a?: number | string; b?: number }
    export interface Batch<K, How = 1> { get(key: K): string; put(key: K): How; [Symbol.dispose](): void }
    export declare class Store<K extends string = string, V = unknown> {
      #private; #more; private constructor(); static open<K extends string, V>(name: string | symbol, options?: Options, how?: More): Store<K, V>; static names(): string[];
      get size(): number; set(key: K, value: V, how?: More): this; batch(): Batch<K>; each(body: (it: Batch<K>) => void): void; [Symbol.iterator](): IterableIterator<V>
    }
    export declare function twice(it: 1 | 2 | 3): number`
  t.deepEqual(broken('more', old, now), [])
})

test('the types of this package are compatible with themselves, and a method that takes less, or is gone, is caught in them', t => {
  const text = readFileSync(join(root, 'index.d.ts'), 'utf8')
  const planted = text.replace(/^( {2}peek\(key: )K\)/m, '$1"one")').replace(/^ {2}static names\(\): string\[\];\n/m, '')
  t.not(planted, text)
  t.deepEqual(broken('itself', text, text), [])
  t.deepEqual(broken('planted', text, planted), ['SharedCache'])
})

test('only another major version may break, or while that is 0 another minor one', t => {
  t.deepEqual([['1.2.3', '2.0.0'], ['0.1.0', '0.2.0'], ['0.9.0', '1.0.0']].map(([a, b]) => mayBreak(a, b)), [true, true, true])
  t.deepEqual([['1.2.3', '1.3.0'], ['0.1.0', '0.1.1'], ['0.1.0', '0.1.0']].map(([a, b]) => mayBreak(a, b)), [false, false, false])
})
