// What docs/guides/porting.md says of Map and of sharedmap, run on both sides.
import test from 'ava'
import { createRequire } from 'node:module'
import { SharedMap } from 'shardmap'
import { methodsOf, missingIn } from './fixtures/porting.js'
import { fresh } from './fixtures/threads.js'

const Peer = createRequire(import.meta.url)('sharedmap') as new (maxSize: number, keySize: number, objSize: number) => any
const open = (): any => SharedMap.open<any, any>(fresh('migration'))
const sorted = (all: Iterable<any>) => [...all].sort()
const outcome = (run: () => unknown) => {
  try {
    return run()
  } catch (error) {
    return (error as any).code ?? 'an error'
  }
}

type Run = (map: any) => unknown

const asMap: Record<string, Run> = {
  'set returns the map': m => m.set('a', 1) === m,
  'get and has of what is there, and is not': m => [m.set('a', 1).get('a'), m.has('a'), m.get('b'), m.has('b')],
  'a stored undefined is there': m => [m.set('a', undefined).has('a'), m.get('a'), m.size],
  'delete tells whether there was one': m => [m.set('a', 1).delete('a'), m.delete('a'), m.size],
  'clear': m => (m.set('a', 1).set('b', 2), [m.size, m.clear(), m.size, m.get('a')]),
  '1 and the string 1 are two keys, NaN is one': m => (m.set(1, 'n').set('1', 's').set(NaN, 'x'), [m.get(1), m.get('1'), m.get(NaN), m.size]),
  '-0 is 0': m => m.set(-0, 'zero').get(0),
  'entries, keys and values': m => (m.set('a', 1).set('b', 2), [sorted(m.entries()), sorted(m.keys()), sorted(m.values()), sorted(m)]),
  'forEach gives value, key and map': m => {
    const seen: unknown[] = []
    m.set('a', 1).forEach((value: unknown, key: unknown, map: unknown) => seen.push([value, key, map === m]))
    return seen
  },
}

for (const [title, run] of Object.entries(asMap)) {
  test(`as Map: ${title}`, t => {
    t.deepEqual(run(open()), run(new Map()))
  })
}

const unlikeMap: Record<string, { run: Run; ours: unknown; theirs: unknown }> = {
  'a value is a frozen copy; there it is the object itself': {
    run: m => {
      const value = { n: 1 }
      m.set('a', value)
      value.n = 2
      return [m.get('a').n, Object.isFrozen(m.get('a'))]
    }, ours: [1, true], theirs: [2, false],
  },
  'a key is equal by content; there by identity': { run: m => m.set(['a', 1], 'x').get(['a', 1]), ours: 'x', theirs: undefined },
  'an object is no key': { run: m => outcome(() => m.set({}, 1).size), ours: 'ERR_SHARDMAP_KEY', theirs: 1 },
  'a function is no value': { run: m => outcome(() => m.set('a', () => 1).size), ours: 'ERR_SHARDMAP_VALUE', theirs: 1 },
  'an instance loses its class': { run: m => m.set('a', new (class Point { x = 1 })()).get('a').constructor === Object, ours: true, theirs: false },
}

for (const [title, { run, ours, theirs }] of Object.entries(unlikeMap)) {
  test(`unlike Map: ${title}`, t => {
    t.deepEqual(run(open()), ours)
    t.deepEqual(run(new Map()), theirs)
  })
}

const beside: Record<string, { run: Run; ours: unknown; theirs: unknown }> = {
  'get and has': { run: m => (m.set('a', 'x'), [m.get('a'), m.has('a'), m.get('b'), m.has('b')]), ours: ['x', true, undefined, false], theirs: ['x', true, undefined, false] },
  'clear': { run: m => (m.set('a', 'x'), m.clear(), m.has('a')), ours: false, theirs: false },
  'size is the number of entries; there it is the room, and length the number': { run: m => (m.set('a', 'x'), [m.size, m.length]), ours: [1, undefined], theirs: [16, 1] },
  'keys': { run: m => (m.set('a', 'x'), m.set('b', 'y'), sorted(m.keys())), ours: ['a', 'b'], theirs: ['a', 'b'] },
  'a number stays one; there it becomes a string': { run: m => (m.set('a', 1), m.get('a')), ours: 1, theirs: '1' },
  'an object is a value; there it is not': { run: m => outcome(() => (m.set('a', { n: 1 }), m.get('a').n)), ours: 1, theirs: 'an error' },
  'delete of what is not there; there it throws': { run: m => outcome(() => m.delete('a')), ours: false, theirs: 'an error' },
  'a long value; there it throws': { run: m => outcome(() => (m.set('a', 'x'.repeat(1_000)), m.get('a').length)), ours: 1_000, theirs: 'an error' },
  'beyond the room that it was made with; there it throws': {
    run: m => outcome(() => {
      for (let i = 0; i < 100; i++) m.set(`k${i}`, 'x')
      return m.size
    }), ours: 100, theirs: 'an error',
  },
}

for (const [title, { run, ours, theirs }] of Object.entries(beside)) {
  test(`beside sharedmap: ${title}`, t => {
    t.deepEqual(run(open()), ours)
    t.deepEqual(run(new Peer(16, 16, 16)), theirs)
  })
}

test('the guide names every method of both, and what sharedmap can besides', t => {
  t.deepEqual(missingIn('From Map', methodsOf(Map).filter(name => !(name in SharedMap.prototype))), [])
  t.deepEqual(missingIn('From Map', ['get', 'set', 'has', 'delete', 'clear', 'size', 'forEach', 'entries', 'keys', 'values']), [])
  t.deepEqual(missingIn('From sharedmap', [...methodsOf(Peer as any), 'Deadlock']), [])
})
