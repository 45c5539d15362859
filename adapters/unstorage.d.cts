// Emitted from src/ by `npm run build`; edit it there.
/**
 * A driver for unstorage that keeps its items in a {@link SharedCache}: one copy for all worker threads of the process, bounded.
 *
 * @packageDocumentation
 */
import { type SharedCache, type SharedCacheOptions } from 'shardmap';
/** The cache of that name, opened with these options (their `ttl` in milliseconds) and let go of by `dispose`; or one that is open already. */
export type SharedCacheDriverOptions = ((SharedCacheOptions & {
  name: string;
}) | {
  cache: SharedCache<any, any>;
}) & {
  /** What the keys of this driver begin with in the cache, for several drivers on one. */
  base?: string;
};
/** Options of one call; `ttl` in seconds, as with the other drivers of unstorage. */
export interface SharedCacheItemOptions {
  ttl?: number;
  [option: string]: any;
}
/** What {@link sharedCacheDriver} makes: a driver for `createStorage({ driver })`. */
export interface SharedCacheDriver {
  name: string;
  flags: {
    ttl: boolean;
  };
  options: SharedCacheDriverOptions;
  /** The cache, for what unstorage has no call for: `fetch`, tags, events, statistics. */
  getInstance(): SharedCache<any, any>;
  hasItem(key: string): boolean;
  getItem(key: string): any;
  getItems(items: {
    key: string;
  }[]): {
    key: string;
    value: any;
  }[];
  getItemRaw(key: string): unknown;
  setItem(key: string, value: string, options?: SharedCacheItemOptions): void;
  setItems(items: {
    key: string;
    value: string;
    options?: SharedCacheItemOptions;
  }[], common?: SharedCacheItemOptions): void;
  setItemRaw(key: string, value: unknown, options?: SharedCacheItemOptions): void;
  removeItem(key: string): void;
  /** The seconds that are left, if the item has a ttl; null if there is no item. */
  getMeta(key: string): {
    ttl?: number;
  } | null;
  getKeys(base?: string): string[];
  clear(base?: string): void;
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
