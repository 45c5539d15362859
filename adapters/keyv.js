// As in index.js: one implementation, for import and require alike.
export { SharedCacheStorage, SharedCacheStore } from '../dist/adapters/keyv.js'
