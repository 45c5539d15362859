// As in index.js: one implementation, for import and require alike.
export { sharedCachePlugin } from '../dist/adapters/fastify.js'
