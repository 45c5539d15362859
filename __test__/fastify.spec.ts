// The plugin for Fastify: what is kept, for whom, and who runs the handler.
import test, { type ExecutionContext } from 'ava'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyServerOptions } from 'fastify'
import { get } from 'node:http'
import { Readable } from 'node:stream'
import { SharedCache, SharedMap } from 'shardmap'
import { sharedCachePlugin, type RouteCache } from 'shardmap/fastify'
import { eventually } from './fixtures/eventually.js'
import { fresh, together } from './fixtures/threads.js'

const servers = new URL('./fixtures/servers.js', import.meta.url).href

async function serverOf(t: ExecutionContext, options: object = {}, serverOptions: FastifyServerOptions = {}): Promise<FastifyInstance> {
  const app = Fastify(serverOptions)
  await app.register(sharedCachePlugin, { name: fresh('fastify'), max: 1000, ...options })
  t.teardown(() => app.close())
  return app
}

/** A route whose answers are numbered, and the number of them. */
function numbered(app: FastifyInstance, url: string, cache: RouteCache | undefined, handler: (reply: FastifyReply, n: number) => unknown = (_reply, n) => ({ n })): () => number {
  let runs = 0
  app.get(url, { config: { cache } }, async (_request, reply) => handler(reply, ++runs))
  return () => runs
}

const how = ({ headers }: { headers: object }) => (headers as Record<string, unknown>)['x-cache']

test('a response is made once, and comes the second time as it came the first', async t => {
  const app = await serverOf(t)
  const payloads = { '/json': { a: [1, 'ä'] }, '/text': 'täxt', '/bytes': Buffer.from([0, 255, 1]) }
  const routes = Object.entries(payloads).map(([url, payload]) => {
    return [url, numbered(app, url, {}, reply => reply.header('x-own', 'set').header('link', ['<a>', '<b>']).send(payload))] as const
  })
  for (const [url, runs] of routes) {
    const [first, second] = [await app.inject(url), await app.inject(url)]
    t.is(runs(), 1)
    t.deepEqual([how(first), how(second)], ['miss', 'hit'])
    t.deepEqual(second.rawPayload, first.rawPayload)
    const of = ({ headers }: { headers: object }) => ({ ...headers, date: 0, 'x-cache': 0 })
    t.deepEqual(of(second), of(first))
    t.is(second.statusCode, 200)
  }
})

test('a route without cache in its config, and another method, pass by', async t => {
  const app = await serverOf(t)
  const runs = numbered(app, '/plain', undefined)
  let posts = 0
  app.route({ method: ['GET', 'POST'], url: '/both', config: { cache: {} }, handler: async () => ({ n: ++posts }) })
  const answers = [await app.inject('/plain'), await app.inject('/plain')]
  t.deepEqual(answers.map(how), [undefined, undefined])
  t.is(runs(), 2)
  for (let i = 0; i < 2; i++) await app.inject({ method: 'POST', url: '/both' })
  t.is(posts, 2)
})

test('query and method tell responses apart; HEAD has the length of GET and no body', async t => {
  const app = await serverOf(t)
  const runs = numbered(app, '/q', {}, (_reply, n) => `answer ${n}`)
  t.is((await app.inject('/q?a=1')).body, 'answer 1')
  t.is((await app.inject('/q?a=2')).body, 'answer 2')
  t.is((await app.inject('/q?a=1')).body, 'answer 1')
  for (const expected of ['miss', 'hit']) {
    const head = await app.inject({ method: 'HEAD', url: '/q?a=1' })
    t.deepEqual([how(head), head.body, head.headers['content-length']], [expected, '', '8'])
  }
  t.is(runs(), 3)
})

test('many requests at once for the same run the handler once', async t => {
  const app = await serverOf(t)
  const runs = numbered(app, '/slow', {}, async (_reply, n) => {
    await eventually(() => app.cache.stats().misses === 50)
    return { n }
  })
  const answers = await Promise.all(Array.from({ length: 50 }, () => app.inject('/slow')))
  t.is(runs(), 1)
  t.deepEqual(new Set(answers.map(({ body }) => body)), new Set(['{"n":1}']))
  t.deepEqual(answers.map(how).sort(), [...Array(49).fill('hit'), 'miss'])
})

test('requests in two threads for the same run the handler once', async t => {
  const [name, counts] = [fresh('fastify'), fresh()]
  const runs = SharedMap.open<string, number>(counts)
  runs.setMany([['threads', 2], ['asked', 0]])
  const answers = await together(servers, 'asks', [1, 2].map(() => ({ name, counts, times: 10 })))
  t.is(runs.get('runs'), 1)
  t.deepEqual(new Set(answers.flatMap(({ bodies }) => bodies)), new Set(['{"run":1}']))
  t.is(answers.flatMap(({ how }) => how).filter(x => x === 'miss').length, 1)
})

test('a response ends with its ttl, and with a tag that is invalidated', async t => {
  const app = await serverOf(t)
  const [short, tagged] = [numbered(app, '/short', { ttl: 20 }), numbered(app, '/tagged', { tags: ['news'] })]
  t.is((await app.inject('/short')).body, '{"n":1}')
  await eventually(async () => (await app.inject('/short')).body !== '{"n":1}')
  t.true(short() > 1)
  for (const n of [1, 1]) t.is((await app.inject('/tagged')).json().n, n)
  t.is(app.cache.invalidateTag('news'), 1)
  t.is((await app.inject('/tagged')).json().n, 2)
  t.is(tagged(), 2)
})

test('within staleWhileRevalidate the old response comes at once, and one request makes the new one', async t => {
  const app = await serverOf(t)
  let answered: (() => void) | undefined
  const runs = numbered(app, '/page', { ttl: 30, staleWhileRevalidate: 3_600_000 }, async (_reply, n) => {
    if (n > 1) await new Promise<void>(resolve => (answered = resolve))
    return { n }
  })
  await app.inject('/page')
  await eventually(async () => how(await app.inject('/page')) === 'stale')
  for (let i = 0; i < 10; i++) {
    const answer = await app.inject('/page')
    t.deepEqual([how(answer), answer.json().n], ['stale', 1])
  }
  await eventually(() => answered)
  t.is(runs(), 2)
  answered!()
  await eventually(async () => (await app.inject('/page')).json().n === 2)
})

test('a request that has conditions makes a whole new response while it gets the old one', async t => {
  const app = await serverOf(t)
  let runs = 0
  app.get('/page', { config: { cache: { ttl: 10, staleWhileRevalidate: 3_600_000 } } }, async ({ headers }, reply) => {
    if (headers['if-none-match']) return reply.code(304).send()
    return reply.header('etag', '"e"').send({ n: ++runs, to: headers['x-client'] })
  })
  const headers = { 'x-client': 'one' }
  t.deepEqual((await app.inject({ url: '/page', headers })).json(), { n: 1, to: 'one' })
  const conditional = { url: '/page', headers: { 'if-none-match': '"e"', 'x-client': 'two' } }
  await eventually(async () => (await app.inject(conditional)).json().n > 1)
  t.is((await app.inject(conditional)).json().to, 'two', 'for the rest it is the same request')
})

test('an error of the handler while there is an old response leaves the old one', async t => {
  const app = await serverOf(t)
  let fails = false
  const runs = numbered(app, '/page', { ttl: 10, staleWhileRevalidate: 3_600_000 }, (_reply, n) => {
    if (fails) throw new Error('upstream is away')
    return { n }
  })
  await app.inject('/page')
  fails = true
  await eventually(async () => {
    const answer = await app.inject('/page')
    t.deepEqual([answer.statusCode, answer.json().n], [200, 1])
    return runs() > 2
  })
})

const unkept: Record<string, (reply: FastifyReply, n: number) => unknown> = {
  'a status other than 200': (reply, n) => reply.code(203).send({ n }),
  'an error': (_reply, n) => { throw Object.assign(new Error(`no ${n}`), { statusCode: 503 }) },
  'a cookie': (reply, n) => reply.header('set-cookie', `n=${n}`).send({ n }),
  'a stream': (reply, n) => reply.send(Readable.from([`${n}`])),
  'nothing': reply => reply.send(),
  'cache-control no-store': (reply, n) => reply.header('cache-control', 'no-store').send({ n }),
  'cache-control private': (reply, n) => reply.header('cache-control', 'max-age=5, private').send({ n }),
  'vary without a key': (reply, n) => reply.header('vary', 'accept-language').send({ n }),
}
for (const [what, handler] of Object.entries(unkept)) {
  test(`not kept: ${what}; all who wait get one of their own`, async t => {
    const app = await serverOf(t)
    const runs = numbered(app, '/it', {}, async (reply, n) => {
      await new Promise(resolve => setTimeout(resolve, 5))
      return handler(reply, n)
    })
    const answers = await Promise.all(Array.from({ length: 4 }, () => app.inject('/it')))
    t.is(runs(), 4)
    t.deepEqual(answers.map(how), Array(4).fill('miss'))
    if (what !== 'nothing') t.is(new Set(answers.map(({ body, headers }) => body + headers['set-cookie'])).size, 4, 'no answer is given twice')
    t.is(app.cache.size, 0)
  })
}

test('a key of the route takes the place of the URL, and answers for what varies; undefined passes by', async t => {
  const app = await serverOf(t)
  const runs = numbered(app, '/home', { key: ({ headers }) => headers['x-tenant'] as string | undefined }, (reply, n) => reply.header('vary', 'x-tenant').send({ n }))
  const ask = async (tenant?: string) => {
    const answer = await app.inject({ url: `/home?at=${Math.random()}`, headers: tenant ? { 'x-tenant': tenant } : {} })
    return [how(answer), answer.json().n]
  }
  t.deepEqual([await ask('a'), await ask('b'), await ask('a')], [['miss', 1], ['miss', 2], ['hit', 1]])
  t.deepEqual([await ask(), await ask()], [[undefined, 3], [undefined, 4]])
  t.is(runs(), 4)
  t.true(app.cache.delete(['GET', '/home', 'a']))
  t.deepEqual(await ask('a'), ['miss', 5])
})

test('a request with authorization passes by, unless the route has a key', async t => {
  const app = await serverOf(t)
  const runs = numbered(app, '/mine', {})
  const ask = (authorization?: string) => app.inject({ url: '/mine', headers: authorization ? { authorization } : {} })
  await ask()
  t.deepEqual([(await ask('me')).json().n, (await ask('me')).json().n, (await ask()).json().n], [2, 3, 1])
  t.is(runs(), 3)
})

test('hooks that turn requests away run before an answer from the cache, those of the route too', async t => {
  const app = await serverOf(t)
  const refuse = async (request: any, reply: FastifyReply) => (request.headers.pass ? undefined : reply.code(401).send('no'))
  app.get('/guarded', { preHandler: refuse, config: { cache: {} } }, async () => 'secret')
  t.is((await app.inject({ url: '/guarded', headers: { pass: 'yes' } })).body, 'secret')
  t.is((await app.inject('/guarded')).statusCode, 401)
  t.is(how(await app.inject({ url: '/guarded', headers: { pass: 'yes' } })), 'hit')
})

test('headers that hooks set for each request are those of this request, not of the one that was kept', async t => {
  const app = await serverOf(t)
  app.addHook('onRequest', async ({ headers }, reply) => void reply.header('access-control-allow-origin', headers.origin).header('vary', 'origin'))
  numbered(app, '/cors', {}, (reply, n) => reply.header('x-own', `${n}`).send({ n }))
  for (const origin of ['one', 'two']) {
    const { headers } = await app.inject({ url: '/cors', headers: { origin } })
    t.deepEqual([headers['access-control-allow-origin'], headers['x-own']], [origin, '1'])
  }
})

test('what changes payloads after the plugin does so once for each answer, and a serializer does not see kept ones', async t => {
  const app = await serverOf(t)
  app.setReplySerializer(payload => `<${JSON.stringify(payload)}>`)
  app.addHook('onSend', async (_request, _reply, payload) => `${payload}!`)
  numbered(app, '/it', {})
  for (let i = 0; i < 3; i++) t.is((await app.inject('/it')).body, '<{"n":1}>!')
})

test('a reply that is taken out of the hands of Fastify keeps nobody waiting', async t => {
  const app = await serverOf(t)
  let runs = 0
  app.get('/raw', { config: { cache: {} } }, async (_request, reply) => {
    await new Promise(resolve => setTimeout(resolve, 5))
    reply.hijack()
    reply.raw.end(`raw ${++runs}`)
  })
  const answers = await Promise.all([1, 2, 3].map(() => app.inject('/raw')))
  t.is(runs, 3)
  t.deepEqual(answers.map(({ body }) => body).sort(), ['raw 1', 'raw 2', 'raw 3'])
})

test('when the client goes for whom the handler runs, it runs for the next one who waits', async t => {
  const app = await serverOf(t)
  let left = false
  const runs = numbered(app, '/it', {}, (_reply, n) => (n === 1 ? new Promise(() => {}) : `answer ${n}`))
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/it`
  const same = { url: '/it', headers: { host: new URL(url).host } }
  const first = get(url).on('error', () => (left = true))
  await eventually(() => runs() === 1)
  const second = app.inject(same)
  await eventually(() => app.cache.stats().misses >= 2)
  first.destroy()
  t.is((await second).body, 'answer 2')
  await eventually(() => left)
  t.is(how(await app.inject(same)), 'hit')
})

test('a client that goes while it waits is nobody\'s trouble', async t => {
  const app = await serverOf(t)
  let go!: () => void
  const runs = numbered(app, '/it', {}, async (_reply, n) => {
    await new Promise<void>(resolve => (go = resolve))
    return `answer ${n}`
  })
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/it`
  const first = app.inject({ url: '/it', headers: { host: new URL(url).host } })
  await eventually(() => runs() === 1)
  const waiting = get(url).on('error', () => {})
  await eventually(() => app.cache.stats().misses >= 2)
  const gone = new Promise(resolve => waiting.once('close', resolve))
  waiting.destroy()
  await gone
  go()
  t.is((await first).body, 'answer 1')
  t.is(runs(), 1)
})

test('a response too large for the cache goes to all who wait, and is not kept', async t => {
  const app = await serverOf(t, { maxEntryBytes: 2000 })
  const runs = numbered(app, '/large', {}, async (_reply, n) => {
    await new Promise(resolve => setTimeout(resolve, 5))
    return `${n}`.repeat(10_000)
  })
  const answers = await Promise.all([1, 2, 3].map(() => app.inject('/large')))
  t.is(runs(), 1)
  for (const { body } of answers) t.is(body.length, 10_000)
  t.is(app.cache.size, 0)
})

test('with the cache gone the handlers answer', async t => {
  const name = fresh('fastify')
  const app = await serverOf(t, { name })
  const runs = numbered(app, '/it', {})
  await app.inject('/it')
  SharedCache.destroy(name)
  for (const n of [2, 3]) t.is((await app.inject('/it')).json().n, n)
  t.is(runs(), 3)
})

test('mistakes are told: a ttl that is none, a route without GET, a route before the plugin', async t => {
  const app = await serverOf(t)
  numbered(app, '/ttl', { ttl: -1 })
  const answer = await app.inject('/ttl')
  t.deepEqual([answer.statusCode, answer.json().code], [500, 'ERR_SHARDMAP_OPTION'])

  const posts = await serverOf(t)
  t.throws(() => posts.post('/it', { config: { cache: {} } }, async () => 'no'), { code: 'ERR_SHARDMAP_OPTION', message: /GET and HEAD/ })

  const early = Fastify()
  early.get('/it', { config: { cache: {} } }, async () => 'no')
  await early.register(sharedCachePlugin, { name: fresh('fastify'), max: 10 })
  t.regex((await early.inject('/it')).json().message, /await the registration/)
  await early.close()
  await t.throwsAsync(async () => Fastify().register(sharedCachePlugin, { name: fresh('fastify') }), { code: 'ERR_SHARDMAP_OPTION' })
})

test('the cache is there for the whole server; a handle opened by the plugin is closed with it, one that was given is not', async t => {
  const cache = SharedCache.open<any, unknown>(fresh('fastify'), { max: 10 })
  const given = Fastify()
  await given.register(sharedCachePlugin, { cache })
  await given.register(async child => void child.get('/it', { config: { cache: {} } }, async () => 'it'), { prefix: '/child' })
  t.is(given.cache, cache)
  await given.inject('/child/it')
  t.true(cache.has(['GET', '/child/it', 'localhost:80/child/it']))
  await given.close()
  t.is(cache.size, 1)
  const named = Fastify()
  await named.register(sharedCachePlugin, { name: cache.name })
  await named.close()
  t.throws(() => named.cache.size, { code: 'ERR_SHARDMAP_CLOSED' })
  t.is(cache.size, 1)
})

test('Fastify knows the plugin by its name', async t => {
  const app = await serverOf(t)
  t.true(app.hasPlugin('shardmap'))
  t.true(app.hasDecorator('cache'))
})
