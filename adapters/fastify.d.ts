// Emitted from src/ by `npm run build`; edit it there.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type KeyPart, type Ms, type SharedCache, type SharedCacheOptions } from 'shardmap';
/** The cache of that name, opened with these options and closed with the server; or one that is open already. */
export type SharedCachePluginOptions = (SharedCacheOptions & {
  /** The name of the cache. */
  name: string;
}) | {
  /** A cache that is open already. */
  cache: SharedCache<any, any>;
};
/** What a route says in `config.cache`, if its responses shall be kept. */
export interface RouteCache {
  /** How long a response is fresh. Default: the ttl of the cache. */
  ttl?: Ms;
  /** For `fastify.cache.invalidateTag`. */
  tags?: readonly string[];
  /** For so long after that, the old response is sent at once while a new one is made. */
  staleWhileRevalidate?: Ms;
  /**
   * What tells responses of the route apart, in place of host and URL: everything that they depend on must be in it, also the host, the user or a header. Undefined:
   * this request passes by the cache.
   */
  key?: (request: FastifyRequest) => KeyPart | undefined;
}
declare module 'fastify' {
  interface FastifyInstance {
    /** The cache of the responses, under `[method, URL of the route, key or host with URL]`, for invalidation, statistics and whatever else shall be in it. */
    cache: SharedCache<any, any>;
  }
  interface FastifyContextConfig {
    cache?: RouteCache;
  }
}
declare function plugin(fastify: FastifyInstance, options: SharedCachePluginOptions): Promise<void>;
/** `await fastify.register(sharedCachePlugin, { name: 'pages', max: 10_000 })`, and then routes with `config: { cache: { ttl: 60_000 } }`. */
export declare const sharedCachePlugin: typeof plugin & {
  [x: symbol]: string | boolean | {
    name: string;
    fastify: string;
  };
};
export {};
