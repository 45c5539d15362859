// Emitted from src/ by `npm run build`; edit it there.
/**
 * A driver for unstorage that keeps its items in a {@link SharedCache}: one copy for all worker threads of the process, bounded.
 *
 * @packageDocumentation
 */
import { type SharedCache, type SharedCacheOptions } from 'shardmap';
/** The cache of that name, opened with these options (their `ttl` in milliseconds) and let go of by `dispose`; or one that is open already. */
export type SharedCacheDriverOptions = ((SharedCacheOptions & {
  /** The name of the cache. */
  name: string;
}) | {
  /** A cache that is open already. */
  cache: SharedCache<any, any>;
}) & {
  /** What the keys of this driver begin with in the cache, for several drivers on one. */
  base?: string;
};
/** Options of one call; `ttl` in seconds, as with the other drivers of unstorage. */
export interface SharedCacheItemOptions {
  /** Seconds until the item expires. Default: the cache's `ttl`. */
  ttl?: number;
  [option: string]: any;
}
/** What {@link sharedCacheDriver} makes: a driver for `createStorage({ driver })`. */
export interface SharedCacheDriver {
  /** `'shardmap'`. */
  name: string;
  /** What the driver can. */
  flags: {
    /** It keeps a ttl for each item. */
    ttl: boolean;
  };
  /** What it was made with. */
  options: SharedCacheDriverOptions;
  /** The cache, for what unstorage has no call for: `fetch`, tags, events, statistics. */
  getInstance(): SharedCache<any, any>;
  /** Whether there is an item that has not expired. */
  hasItem(key: string): boolean;
  /** The item, or null. */
  getItem(key: string): any;
  /** The items of the keys, in their order, each or null. */
  getItems(items: {
    key: string;
  }[]): {
    /** As it was asked for. */
    key: string;
    /** The item, or null. */
    value: any;
  }[];
  /** As `getItem`: any value that a cache takes. */
  getItemRaw(key: string): unknown;
  /** Stores an item; throws `ERR_SHARDMAP_FULL` for one that is too large. */
  setItem(key: string, value: string, options?: SharedCacheItemOptions): void;
  /** The same for several, each with its own options over the common ones. */
  setItems(items: {
    key: string;
    value: string;
    options?: SharedCacheItemOptions;
  }[], common?: SharedCacheItemOptions): void;
  /** As `setItem`, for any value that a cache takes. */
  setItemRaw(key: string, value: unknown, options?: SharedCacheItemOptions): void;
  /** Removes an item. */
  removeItem(key: string): void;
  /** The seconds that are left, if the item has a ttl; null if there is no item. */
  getMeta(key: string): {
    /** Absent: there is no end. */
    ttl?: number;
  } | null;
  /** The keys that begin with `base`; it passes over all keys of the cache. */
  getKeys(base?: string): string[];
  /** Removes the items whose keys begin with `base`, or all of the driver. */
  clear(base?: string): void;
  /** Closes the handle, unless the cache was given, and stops watching. */
  dispose(): void;
  /**
   * Tells of what this driver writes, of what any thread replaces or deletes, and of what is evicted or expires; of what this driver replaces, twice. What
   * another thread stores under a new key it does not tell.
   */
  watch(callback: (event: 'update' | 'remove', key: string) => any): () => void;
}
/**
 * A driver for unstorage: `createStorage({ driver: sharedCacheDriver({ name: 'pages', max: 10_000 }) })`. Items are kept as long as there is room:
 * it is a cache. One that is too large for it is not kept, nor its old value, and `ERR_SHARDMAP_FULL` is thrown. `clear` of the whole driver costs what it
 * removes; `getKeys`, and `clear` of a part, pass over all keys of the cache.
 */
export declare function sharedCacheDriver(options: SharedCacheDriverOptions): SharedCacheDriver;
