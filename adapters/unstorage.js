// As in index.js: one implementation, for import and require alike.
export { sharedCacheDriver } from '../dist/adapters/unstorage.js'
