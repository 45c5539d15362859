// The types that Keyv 6 has for a storage adapter, but for those of an event emitter, of which it uses `on`.
import { Keyv, type KeyvStorageAdapter } from 'keyv'
import { SharedCacheStorage, SharedCacheStore } from 'shardmap/keyv'

type Methods = 'namespace' | 'capabilities' | 'get' | 'getMany' | 'set' | 'setMany' | 'has' | 'hasMany' | 'delete' | 'deleteMany' | 'clear' | 'iterator' | 'disconnect'
const storage = new SharedCacheStorage({ name: 'types', max: 10 }) satisfies Pick<KeyvStorageAdapter, Methods>
export const keyvs = [new Keyv({ store: storage }), new Keyv({ store: new SharedCacheStore({ name: 'types' }) })]
