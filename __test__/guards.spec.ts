// Whatever can be called natively stands behind the guard against panics, and every class that is exported refuses what is none of its own: found by looking, so
// that what comes later is covered too.
import test from 'ava'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as shardmap from 'shardmap'
import * as keyv from 'shardmap/keyv'
import * as unstorage from 'shardmap/unstorage'
import { refuses } from './fixtures/codes.js'
import { fresh } from './fixtures/threads.js'

const { SharedCache, SharedMap, ShardmapError, SnapshotMap } = shardmap
const binding = createRequire(import.meta.url)('../../dist/binding.js').loadBinding()
const source = fileURLToPath(new URL('../../crates/shardmap-napi/src', import.meta.url))
const isHost = (thing: unknown): thing is Record<string, (...args: any[]) => any> =>
  typeof thing === 'object' && thing !== null && Object.values(thing).some(value => typeof value === 'function')
const functionsOf = (host: object) => Object.entries(host).filter(([, value]) => typeof value === 'function')

/** Every native object that leads on from this one, by the names of its functions: whatever a call gives that has functions. */
function reach(host: Record<string, (...args: any[]) => any>, found = new Map<string, Record<string, (...args: any[]) => any>>()) {
  const names = functionsOf(host).map(([name]) => name).join()
  if (found.has(names)) return found
  found.set(names, host)
  for (const [name, call] of functionsOf(host)) {
    if (name === 'close' || name === 'panicNext') continue
    for (const args of [[], [fresh('reached')], [fresh('reached'), 10], [new ArrayBuffer(32 + 65536), ShardmapError]]) {
      try {
        const given = call(...args)
        if (isHost(given)) reach(given, found)
      } catch (error) {
        if (!(error instanceof Error)) throw error
      }
    }
  }
  return found
}
const hosts = [...reach(binding).values()]
test.after(() => {
  for (const kind of [SharedMap, SnapshotMap, SharedCache]) for (const name of kind.names()) if (name.startsWith('reached')) kind.destroy(name)
})

test.serial('every native function catches a panic, and the next call goes on', t => {
  t.true(hosts.length >= 8, 'the module, the space, maps and what they give')
  for (const host of hosts) {
    for (const [name, call] of functionsOf(host)) {
      if (name === 'panicNext') continue
      binding.panicNext()
      const thrown: any = t.throws(() => call(), { any: true }, name)
      t.is(thrown?.code, 'ERR_SHARDMAP_PANIC', `${name} is not behind the guard`)
      try {
        call()
      } catch (error: any) {
        t.not(error.code, 'ERR_SHARDMAP_PANIC', name)
      }
    }
  }
  const map = SharedMap.open<string, number>(fresh())
  t.is(map.set('a', 1).get('a'), 1)
})

test.serial('every native function works on what it is bound to, whatever its receiver is', t => {
  const fresher = [...reach(binding).values()]
  for (const receiver of [undefined, null, 5, {}, [], binding, Object.create(fresher[1]), new Proxy(fresher[2], {}), ...fresher, () => 1, SharedMap.open(fresh())]) {
    for (const host of fresher) {
      for (const [name, call] of functionsOf(host)) {
        if (name === 'panicNext') continue
        try {
          call.call(receiver)
        } catch (error) {
          t.true(error instanceof Error, name)
        }
      }
    }
  }
  t.pass()
})

test('no function that C calls lets a panic out', t => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.rs'))
  let [exports, entries] = [0, 0]
  for (const name of files) {
    const text = readFileSync(join(source, name), 'utf8')
    for (const [attribute] of text.matchAll(/#\[napi\b.*\]/g)) {
      exports++
      t.is(attribute, '#[napi(catch_unwind)]', name)
    }
    for (const [body, , called] of text.matchAll(/^( *)(?:unsafe )?extern "C" fn (\w+)[\s\S]*?\n\1\}\n/gm)) {
      entries++
      t.regex(body, /\b(caught|unheard|catch_unwind)\(/, `${called} in ${name}`)
    }
  }
  t.true(exports >= 4 && entries >= 6, `${exports} exports and ${entries} entries were found`)
})

type Class = (abstract new () => object) & Record<string, any>
const classes = [...new Set([shardmap, keyv, unstorage].flatMap(module => Object.values(module) as unknown[]))]
  .filter((thing): thing is Class => typeof thing === 'function' && Object.getOwnPropertyNames(thing.prototype ?? {}).length > 1)
const isMap = (thing: Class) => typeof thing.open === 'function'

test('every exported class refuses strangers as receivers of its methods, and those that need no handle answer', async t => {
  t.true(classes.filter(isMap).length >= 3 && classes.length >= 5)
  for (const whole of classes) {
    const strangers = [undefined, null, 5, {}, Object.create(whole.prototype), new Proxy({}, {}), class extends (whole as any) {}, new Map(), whole]
    for (const [name, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(whole.prototype))) {
      const method = value ?? get
      if (typeof method !== 'function' || name === 'constructor' || name === 'toString') continue
      for (const stranger of strangers) {
        const use = async () => {
          const given = await method.call(stranger, 'a', () => 1)
          if (typeof given?.next === 'function') await given.next()
        }
        if (isMap(whole)) await t.throwsAsync(use, { any: true }, `${whole.name}.${name} on ${typeof stranger}`)
        else await use().catch(error => t.true(error instanceof Error, name))
      }
    }
  }
})

test('what opens a map needs no receiver, and makes no other thing than a map', t => {
  for (const whole of classes.filter(isMap)) {
    for (const stranger of [undefined, null, {}, Map, class extends (whole as any) {}]) {
      const name = fresh()
      const map = whole.open.call(stranger, name, whole.name === SharedCache.name ? { max: 1 } : undefined)
      t.is(Object.getPrototypeOf(map), whole.prototype)
      t.throws(() => structuredClone(map), { name: 'DataCloneError', any: true } as any)
      t.true(whole.names.call(stranger).includes(name))
      t.true(whole.destroy.call(stranger, name))
      refuses(t, 'ERR_SHARDMAP_CLOSED', () => map.get('a'), 'the handle is the real one')
    }
    t.throws(() => new (whole as any)('x'), { any: true })
    t.throws(() => Reflect.construct(whole, ['x'], Map), { any: true })
    t.throws(() => Reflect.construct(class extends (whole as any) {}, ['x']), { any: true })
  }
})
