// The plugin for Fastify among clients who must not get each other's responses: the ways by which shared caches were poisoned, or gave away what was one user's.
import test, { type ExecutionContext } from 'ava'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyServerOptions } from 'fastify'
import { sharedCachePlugin } from 'shardmap/fastify'
import { eventually } from './fixtures/eventually.js'
import { fresh } from './fixtures/threads.js'

async function serverOf(t: ExecutionContext, options: FastifyServerOptions = {}): Promise<FastifyInstance> {
  const app = Fastify(options)
  await app.register(sharedCachePlugin, { name: fresh('fastify'), max: 1000 })
  t.teardown(() => app.close())
  return app
}

const bodies = async (app: FastifyInstance, ...requests: (string | { url: string; headers: Record<string, string> })[]): Promise<string[]> => {
  const all: string[] = []
  for (const request of requests) all.push((await app.inject(request as string)).body)
  return all
}

test('two routes whose keys read the same do not get each other\'s responses', async t => {
  const app = await serverOf(t)
  const key = ({ headers }: any) => headers['x-tenant']
  const guard = async (request: any, reply: FastifyReply) => (request.headers.admin ? undefined : reply.code(403).send('no'))
  app.get('/admin', { preHandler: guard, config: { cache: { key } } }, async () => 'of the admin')
  app.get('/home', { config: { cache: { key } } }, async () => 'of everybody')
  const headers = { 'x-tenant': 'a', admin: 'yes' }
  t.deepEqual(await bodies(app, { url: '/admin', headers }, { url: '/home', headers: { 'x-tenant': 'a' } }), ['of the admin', 'of everybody'])
})

test('two routes of one URL that differ by constraints do not get each other\'s responses', async t => {
  const app = await serverOf(t)
  for (const version of ['1.0.0', '2.0.0']) app.get('/it', { constraints: { version }, config: { cache: {} } }, async () => version)
  const versions = ['1.x', '2.x', '1.x'].map(version => ({ url: '/it', headers: { 'accept-version': version } }))
  t.deepEqual(await bodies(app, ...versions), ['1.0.0', '2.0.0', '1.0.0'])
})

test('who asks another host cannot put its name into the links of others', async t => {
  for (const [options, header] of [[{}, 'host'], [{ trustProxy: true }, 'x-forwarded-host']] as const) {
    const app = await serverOf(t, options)
    app.get('/it', { config: { cache: {} } }, async ({ host }) => `<a href="//${host}/">`)
    const from = (host: string) => ({ url: '/it', headers: { [header]: host } })
    t.deepEqual(await bodies(app, from('evil.example'), from('good.example')), ['<a href="//evil.example/">', '<a href="//good.example/">'])
    t.is((await app.inject(from('good.example'))).headers['x-cache'], 'hit')
  }
})

test('who asks by a cookie gets no response of somebody else, and gives none away', async t => {
  const app = await serverOf(t)
  app.get('/me', { config: { cache: {} } }, async ({ headers }) => `for ${headers.cookie ?? 'nobody'}`)
  const as = (cookie: string) => ({ url: '/me', headers: { cookie } })
  t.deepEqual(await bodies(app, as('sid=1'), as('sid=2'), '/me', as('sid=1'), '/me'), ['for sid=1', 'for sid=2', 'for nobody', 'for sid=1', 'for nobody'])
  t.is(app.cache.size, 1)
})

test('a server that rewrites URLs keeps what it answers apart', async t => {
  const app = await serverOf(t, { rewriteUrl: ({ url, headers }) => `${url}?for=${headers['x-tenant']}` })
  app.get('/it', { config: { cache: {} } }, async ({ url }) => url)
  const of = (tenant: string) => ({ url: '/it', headers: { 'x-tenant': tenant } })
  t.deepEqual(await bodies(app, of('a'), of('b'), of('a')), ['/it?for=a', '/it?for=b', '/it?for=a'])
})

const hooks: Record<string, (app: FastifyInstance) => void> = {
  'cache-control: private before the handler': app => app.addHook('onRequest', async (_, reply) => void reply.header('cache-control', 'private')),
  'cache-control: no-store after it': app => app.addHook('onSend', async (_, reply) => void reply.header('cache-control', ['max-age=5', 'No-Store'])),
  'cache-control: no-cache': app => app.addHook('preHandler', async (_, reply) => void reply.header('cache-control', 'no-cache')),
  'set-cookie after the handler, as @fastify/cookie does': app => app.addHook('onSend', async (_, reply) => void reply.header('set-cookie', 'csrf=1')),
  'set-cookie on the raw response': app => app.addHook('onRequest', async (_, reply) => void reply.raw.setHeader('set-cookie', 'csrf=1')),
  'vary by a header that is not in the key': app => app.addHook('onRequest', async (_, reply) => void reply.header('vary', 'Origin, Accept-Language')),
  'vary by everything': app => app.addHook('onRequest', async (_, reply) => void reply.header('vary', '*')),
  'another status after the handler': app => app.addHook('onSend', async (_, reply) => void reply.code(203)),
}
for (const [what, hook] of Object.entries(hooks)) {
  test(`a response is not kept when a hook of another plugin says ${what}`, async t => {
    const app = await serverOf(t)
    hook(app)
    let runs = 0
    app.get('/it', { config: { cache: {} } }, async () => `run ${++runs}`)
    t.deepEqual(await bodies(app, '/it', '/it'), ['run 1', 'run 2'])
    t.is(app.cache.size, 0)
  })
}

test('vary: * is kept under no key', async t => {
  const app = await serverOf(t)
  let runs = 0
  app.get('/it', { config: { cache: { key: () => 'k' } } }, async (_, reply) => reply.header('vary', '*').send(`run ${++runs}`))
  t.deepEqual(await bodies(app, '/it', '/it'), ['run 1', 'run 2'])
})

test('what a hook asks of its own server while a stale response is made anew is not stored as that response', async t => {
  const app = await serverOf(t)
  app.get('/token', { config: { cache: {} } }, async () => 'a token')
  let hookAsks = false
  const preHandler = async () => {
    if (hookAsks) await app.inject('/token')
  }
  let runs = 0
  app.get('/page', { preHandler, config: { cache: { ttl: 10, staleWhileRevalidate: 3_600_000 } } }, async () => `page ${++runs}`)
  await app.inject('/page')
  hookAsks = true
  await eventually(async () => {
    const { body } = await app.inject('/page')
    t.regex(body, /^page/)
    return runs > 2
  })
})
