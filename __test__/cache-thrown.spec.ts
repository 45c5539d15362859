// What a loader throws, in its own thread and in others.
import test from 'ava'
import { inspect, isDeepStrictEqual } from 'node:util'
import { SharedCache, ShardmapError } from 'shardmap'
import { open } from './fixtures/caches.js'
import { throwables } from './fixtures/throwables.js'
import { start } from './fixtures/threads.js'

const caching = new URL('./fixtures/caching.js', import.meta.url).href

/** What the loader of another thread throws, as it comes here, with what that thread says of it. */
async function thrownElsewhere(label: string): Promise<{ error: any; same: boolean; stack: string | undefined }> {
  const cache = open()
  const thread = start(caching, 'throwsIn', { name: cache.name, label })
  try {
    await thread.next()
    const waiting = cache.fetch(label, () => 'it was not waited for').then(value => ({ value }), error => ({ error }))
    cache.set('go', 1)
    const outcome: any = await waiting
    if (!('error' in outcome)) throw new Error(`${label} was not thrown: ${inspect(outcome)}`)
    return { error: outcome.error, ...(await thread.done) }
  } finally {
    await thread.end()
    SharedCache.destroy(cache.name)
  }
}

const faithful = [
  'error', 'empty', 'type', 'range', 'syntax', 'reference', 'eval', 'uri', 'coded', 'numericCode', 'http', 'subclass', 'renamed', 'cause', 'valueCause', 'undefinedCause', 'chain', 'aggregate',
  'dom', 'domTimeout', 'own', 'withData', 'string', 'number', 'undefined', 'null', 'object', 'bytes',
]

/** What a reader of an error can see of it. */
function seen(error: any): unknown {
  if (!(error instanceof Error)) return error
  const own = Object.fromEntries(Object.keys(error).filter(key => key !== 'stack' && key !== 'cause').map(key => [key, (error as any)[key]]))
  const errors = error instanceof AggregateError ? error.errors.map(seen) : undefined
  return { name: error.name, message: error.message, code: (error as any).code, cause: seen(error.cause), hasCause: Object.hasOwn(error, 'cause'), own, errors }
}

for (const label of faithful) {
  test(`what is thrown comes to another thread with every field: ${label}`, async t => {
    const { error, same, stack } = await thrownElsewhere(label)
    const original: any = throwables[label]()
    t.true(same, 'the caller whose loader ran gets the very thing')
    t.true(isDeepStrictEqual(seen(error), seen(original)), `${inspect(seen(error))} is not ${inspect(seen(original))}`)
    if (!(original instanceof Error)) return
    t.is(error.stack, stack, 'the stack is that of the loader')
    t.false(Object.keys(error).includes('stack') || Object.keys(error).includes('cause'))
    t.is(Object.prototype.toString.call(error), Object.prototype.toString.call(original))
  })
}

test('the class is the nearest one that is built in, by its name', async t => {
  for (const [label, type] of [['type', TypeError], ['subclass', RangeError], ['http', Error], ['aggregate', AggregateError], ['dom', DOMException], ['own', ShardmapError], ['eval', EvalError]] as const) {
    const { error } = await thrownElsewhere(label)
    t.is(Object.getPrototypeOf(error), type.prototype, label)
  }
  const { error } = await thrownElsewhere('codeGetter')
  t.is(error.code, 'E_CODED')
})

test('causes that lead round in a circle or too deep are cut, and the rest comes', async t => {
  const { error: cyclic } = await thrownElsewhere('cyclic')
  t.deepEqual([cyclic.message, cyclic.cause.message, cyclic.cause.cause], ['outer', 'inner', undefined])
  const { error: deep } = await thrownElsewhere('deepChain')
  let depth = 0
  for (let cause = deep; cause !== undefined; cause = cause.cause) t.is(cause.message, `cause ${100 - depth++}`)
  t.true(depth >= 10 && depth <= 100, `${depth}`)
})

test('what cannot be stored of an error is left out, and what throws when it is read too', async t => {
  for (const label of ['withFunction', 'withHandle']) {
    const { error } = await thrownElsewhere(label)
    t.is(error.kept, 1, label)
    t.deepEqual(Object.keys(error), ['kept'], label)
  }
  const { error: hostile } = await thrownElsewhere('hostile')
  t.is(hostile.message, 'hostile')
  t.deepEqual(Object.keys(hostile), [])
  const { error: nested } = await thrownElsewhere('withError')
  t.is(nested.inner.message, 'inner')
  t.true(nested.inner instanceof RangeError)
  const { error: nameless } = await thrownElsewhere('nameless')
  t.is(nameless.message, 'made by hand')
})

test('what is no error and cannot be stored comes as an ERR_SHARDMAP_VALUE that describes it', async t => {
  for (const [label, text] of [['function', '=> 1'], ['symbol', 'Symbol(s)'], ['promise', 'Promise'], ['unstorableObject', 'object'], ['proxy', 'p'], ['textless', 'object']]) {
    const { error, same } = await thrownElsewhere(label)
    t.true(same, label)
    t.true(error instanceof ShardmapError, label)
    t.is(error.code, 'ERR_SHARDMAP_VALUE', label)
    t.true(error.message.includes(text), error.message)
  }
})

test('two who wait get errors of their own', async t => {
  const cache = open()
  const thrown = new Error('once')
  const calls = [1, 2, 3].map(() => cache.fetch('a', async () => { throw thrown }).catch(error => error))
  const errors = await Promise.all(calls)
  t.is(errors[0], thrown)
  t.is(new Set(errors).size, 3)
  t.true(errors.every(error => error.message === 'once' && error.stack === thrown.stack))
})
