import { decode } from './codec'
import { SCALAR, type Kind, type NativeReads, type Page } from './native'
import type { KeyPart } from './types'

/** A generator, typed as the iterators of Map are under every lib. */
type Pass<T> = IterableIterator<T>

/** The pages of a map or snapshot; `source` is asked at each one, so that closing ends a pass too. */
function* pages(source: () => NativeReads, prefix?: readonly KeyPart[]): Generator<Page, undefined> {
  for (let cursor = 0; cursor >= 0; ) {
    const page = source().page(cursor, prefix)
    yield page
    cursor = page[0]
  }
}

export function* passEntries<K, V>(source: () => NativeReads, prefix?: readonly KeyPart[]): Pass<[K, V]> {
  for (const page of pages(source, prefix)) {
    let start = 0
    for (let i = 2; i < page.length; i += 3) {
      const kind = page[i + 1] as Kind
      if (kind === SCALAR) {
        yield [page[i] as K, page[i + 2] as V]
      } else {
        const end = start + (page[i + 2] as number)
        yield [page[i] as K, decode(kind, page[1] as Uint8Array, start, end) as V]
        start = end
      }
    }
  }
}

export function* passKeys<K>(source: () => NativeReads): Pass<K> {
  for (const page of pages(source)) {
    for (let i = 2; i < page.length; i += 3) yield page[i] as K
  }
}

export function* passValues<V>(source: () => NativeReads): Pass<V> {
  for (const [, value] of passEntries<unknown, V>(source)) yield value
}
