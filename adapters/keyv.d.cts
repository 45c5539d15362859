// Emitted from src/ by `npm run build`; edit it there.
/**
 * Stores for Keyv that keep their entries in a {@link SharedCache}: one copy for all worker threads of the process, bounded. cache-manager and the cache
 * of Nest take them through Keyv.
 *
 * @packageDocumentation
 */
import { type SharedCache, type SharedCacheOptions } from 'shardmap';
/** The cache of that name, opened with these options and let go of by `disconnect`; or one that is open already. */
export type SharedCacheStoreOptions = (SharedCacheOptions & {
  /** The name of the cache. */
  name: string;
}) | {
  /** A cache that is open already. */
  cache: SharedCache<any, any>;
};
/**
 * A store for Keyv 5: `new Keyv({ store: new SharedCacheStore({ name: 'pages', max: 10_000 }) })`. One store for each Keyv; stores of one name
 * have one cache. An entry belongs to the namespace that the store has when it is set, and `clear` removes the entries of the namespace, at the cost of
 * these alone.
 *
 * A value too large for the cache is not stored, and `set` resolves with false. Without a ttl the cache's own holds. Keyv 6 can use it too;
 * {@link SharedCacheStorage} serves that better.
 */
export declare class SharedCacheStore {
  #private;
  /** The cache, for what Keyv has no call for: `fetch`, tags, events, statistics. */
  readonly cache: SharedCache<any, any>;
  /** The options, and what lets Keyv 5 iterate: it does so only for stores that carry the dialect of one of its own. */
  readonly opts: any;
  /** Set by Keyv 5. Not there until then: by that Keyv 6 knows that it must keep namespaces apart itself. */
  namespace?: string | undefined;
  constructor(options: SharedCacheStoreOptions);
  /** Resolves with the value of the key, or undefined. */
  get(key: string): Promise<any>;
  /** Resolves with the values of the keys, in their order. */
  getMany(keys: string[]): Promise<any[]>;
  /** `ttl` in milliseconds. Resolves with false when the value is too large for the cache. */
  set(key: string, value: any, ttl?: number): Promise<boolean>;
  /** Resolves with one boolean for each entry, which Keyv 5 hands on although it has no type for them. */
  setMany(entries: {
    key: string;
    value: any;
    ttl?: number;
  }[]): Promise<any>;
  /** Resolves with whether there was one. */
  delete(key: string): Promise<boolean>;
  /** Resolves with whether all of them were there. */
  deleteMany(keys: string[]): Promise<boolean>;
  /** Resolves with whether the key has a value that has not expired. */
  has(key: string): Promise<boolean>;
  /** The same for each key. */
  hasMany(keys: string[]): Promise<boolean[]>;
  /** Removes the entries of the namespace; without one, all entries of the cache. */
  clear(): Promise<void>;
  /** Every entry whose key begins with the namespace, weakly consistent; without a namespace every entry under a string. */
  iterator(namespace?: string): AsyncGenerator<[string, any], void>;
  /** Closes the handle, unless the cache was given. The entries stay for the others of the process. */
  disconnect(): Promise<void>;
  /** Here for Keyv, which listens for errors: a call that fails rejects, and nothing fails between calls. */
  on(_event: string, _listener: (...args: any[]) => void): this;
}
/**
 * A store for Keyv 6, a storage adapter as it calls them: `new Keyv({ store: new SharedCacheStorage({ name: 'pages', max: 10_000 }) })`. The entry of
 * a key is in the cache under `[namespace, key]`, without a namespace under `key`. For the rest it is as {@link SharedCacheStore}.
 */
export declare class SharedCacheStorage {
  #private;
  /** The cache, for what Keyv has no call for: `fetch`, tags, events, statistics. */
  readonly cache: SharedCache<any, any>;
  /** Set by Keyv. */
  namespace: string | undefined;
  constructor(options: SharedCacheStoreOptions);
  /** Tells Keyv 6 that times of expiry are absolute here. */
  get capabilities(): {
    /** It has all that Keyv asks for. */
    compatible: boolean;
    /** The kind of a store, in Keyv's words. */
    store: 'keyvStorage';
    /** What it can, by method. */
    methods: any;
    /** Whether times of expiry are absolute. */
    expires: true;
  };
  /** Resolves with the value of the key, or undefined. */
  get(key: string): Promise<any>;
  /** Resolves with the values of the keys, in their order. */
  getMany(keys: string[]): Promise<any[]>;
  /** `expires` in milliseconds since 1970. Resolves with false when the value is too large for the cache. */
  set(key: string, value: unknown, expires?: number): Promise<boolean>;
  /** As `set` for each entry. */
  setMany(entries: {
    key: string;
    value: any;
    expires?: number | undefined;
  }[]): Promise<boolean[]>;
  /** Resolves with whether there was one. */
  delete(key: string): Promise<boolean>;
  /** Resolves with whether there was one, for each key. */
  deleteMany(keys: string[]): Promise<boolean[]>;
  /** Resolves with whether the key has a value that has not expired. */
  has(key: string): Promise<boolean>;
  /** The same for each key. */
  hasMany(keys: string[]): Promise<boolean[]>;
  /** Removes the entries of the namespace; without one, all entries of the cache. */
  clear(): Promise<void>;
  /** Every entry of the namespace, or every one without, weakly consistent. */
  iterator(): AsyncGenerator<[string, any], void>;
  /** Closes the handle, unless the cache was given. The entries stay for the others of the process. */
  disconnect(): Promise<void>;
  /** Here for Keyv, which listens for errors: a call that fails rejects, and nothing fails between calls. */
  on(_event: string, _listener: (...args: any[]) => void): this;
}
