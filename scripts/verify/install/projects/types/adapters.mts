// The adapters within what they are for.
import Fastify from 'fastify'
import { Keyv, type KeyvStoreAdapter } from 'keyv'
import { SharedCache } from 'shardmap'
import { sharedCachePlugin } from 'shardmap/fastify'
import { SharedCacheStorage, SharedCacheStore } from 'shardmap/keyv'
import { sharedCacheDriver } from 'shardmap/unstorage'
import { createStorage, type Driver } from 'unstorage'

const cache: SharedCache<string, unknown> = SharedCache.open('c', { max: 10 })
const store: KeyvStoreAdapter = new SharedCacheStore({ cache })
const driver: Driver = sharedCacheDriver({ name: 'd', max: 10, base: 'x' })
const six = new SharedCacheStorage({ name: 'e', max: 10 })
const [keyv, storage, app] = [new Keyv({ store }), createStorage({ driver }), Fastify()]
await keyv.set('a', 1)
await six.set('c', 3)
await storage.setItem('b', 2)
await app.register(sharedCachePlugin, { name: 'pages', max: 10 })
let made = 0
app.get('/', { config: { cache: { ttl: 60_000, key: (request) => request.hostname } } }, async () => ({ made: ++made, size: app.cache.size }))
const answers = [await app.inject('/'), await app.inject('/')].map((answer) => answer.json().made)
await app.close()
console.log(JSON.stringify({ keyv: await keyv.get('a'), unstorage: await storage.getItem('b'), keyv6: await six.get('c'), fastify: answers }))
