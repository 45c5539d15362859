// Every test of a store that @keyv/test-suite has. Its tests of compression adapters have no store in them.
import suite, { keyvIteratorTests } from '@keyv/test-suite'
import { Keyv } from 'keyv'
import { SharedCacheStore } from 'shardmap/keyv'
import * as vitest from 'vitest'

const options = { name: 'conformance', max: 10_000 }

vitest.describe('with a store for each Keyv', () => {
  const store = () => new SharedCacheStore(options)
  suite(vitest, Keyv, store)
  keyvIteratorTests(vitest, Keyv, store)
})

vitest.describe('with one store for all of them', () => {
  // Not for the other tests: Keyv 5 gives a store one namespace, that of the Keyv which was made last, and `clear` of any of them means that one.
  const one = new SharedCacheStore(options)
  keyvIteratorTests(vitest, Keyv, () => one)
})
