#!/usr/bin/env bash
# The package as its users get it: packed, installed into an empty project, imported, required and type-checked.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT

version() { node -p "require('$root/package-lock.json').packages['node_modules/$1'].version"; }
typescript=$(version typescript)
types=$(version @types/node)

npm run build --silent
tarball=$(npm pack --silent --ignore-scripts --pack-destination "$project" | tail -n 1)
cd "$project"
echo '{ "name": "project", "version": "1.0.0", "private": true }' > package.json
npm install --silent --no-audit --no-fund "./$tarball" "typescript@$typescript" "@types/node@$types"
for peer in keyv unstorage fastify; do
  if [ -e "node_modules/$peer" ]; then echo "$peer was installed, which is for those who want it" >&2; exit 1; fi
done
case "$(realpath node_modules/shardmap)" in "$root"*) echo "the installed package is a link to $root" >&2; exit 1 ;; esac

cat > import.mjs <<'JS'
import { SharedMap, ShardmapError, SnapshotMap } from 'shardmap'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
const map = SharedMap.open('m').set('a', { n: [1] })
if (await SnapshotMap.open('v').commit([['a', 1]]) !== 1n) throw new Error('a commit makes another version')
if (createRequire(import.meta.url)('shardmap').SharedMap !== SharedMap) throw new Error('import and require give two classes')
try { map.get(null) } catch (error) { if (!(error instanceof ShardmapError)) throw error }
const worker = new Worker(`const { SharedMap } = require('shardmap'); SharedMap.open('m').increment('n')`, { eval: true })
worker.on('exit', () => { if (map.get('n') !== 1) throw new Error('a worker has another map') })
JS
cat > require.cjs <<'JS'
const { SharedMap } = require('shardmap')
if (SharedMap.open('m').set('a', 1).get('a') !== 1) throw new Error('require')
JS
cat > adapters.mjs <<'JS'
import { createRequire } from 'node:module'
import { SharedCache } from 'shardmap'
import { SharedCacheStorage, SharedCacheStore } from 'shardmap/keyv'
import { sharedCacheDriver } from 'shardmap/unstorage'
import { sharedCachePlugin } from 'shardmap/fastify'
const cache = SharedCache.open('c', { max: 10 })
await new SharedCacheStore({ cache }).set('a', 1)
if (sharedCacheDriver({ cache }).getItem('a') !== 1 || (await new SharedCacheStorage({ cache }).get('a')) !== 1) throw new Error('adapters of one cache')
const imported = { keyv: SharedCacheStore, unstorage: sharedCacheDriver, fastify: sharedCachePlugin }
for (const [name, it] of Object.entries(imported)) {
  if (!Object.values(createRequire(import.meta.url)(`shardmap/${name}`)).includes(it)) throw new Error(`import and require give two of shardmap/${name}`)
}
JS
node import.mjs
node require.cjs
node adapters.mjs
echo 'ok: import and require'

cat > module.mts <<'TS'
import { SharedMap, ShardmapError, SnapshotMap, type Snapshot } from 'shardmap'
const map: Map<string, number> = SharedMap.open('x')
const snapshot: Snapshot<string, number> = SharedMap.open<string, number>('x').snapshot()
const versions: Promise<bigint> = SnapshotMap.open<string, number>('v').commit((tx) => tx.set('a', 1))
export const all: [number, bigint, string, Promise<bigint>] = [map.size, snapshot.version, new ShardmapError('ERR_SHARDMAP_KEY', 'k').code, versions]
TS
cat > common.cts <<'TS'
import shardmap = require('shardmap')
import keyv = require('shardmap/keyv')
const map: Map<string, number> = shardmap.SharedMap.open('x')
const store = new keyv.SharedCacheStore({ cache: shardmap.SharedCache.open('c', { max: 10 }) })
export = [map, store]
TS
cat > adapters.mts <<'TS'
import { SharedCache } from 'shardmap'
import { SharedCacheStorage, SharedCacheStore } from 'shardmap/keyv'
import { sharedCacheDriver } from 'shardmap/unstorage'
const cache: SharedCache<string, number> = SharedCache.open('c', { max: 10 })
export const all = [new SharedCacheStore({ cache }), new SharedCacheStorage({ name: 'd', max: 10 }), sharedCacheDriver({ cache, base: 'x' })]
TS
check() { npx --no-install tsc --noEmit --strict --target es2022 --types node "$@"; echo "ok: tsc ${*}"; }
for lib in es2022 esnext; do
  check --lib "$lib" --module node16 --moduleResolution node16 module.mts adapters.mts common.cts
  check --lib "$lib" --module preserve --moduleResolution bundler module.mts adapters.mts
done

# With the peers, whose own types this lets pass.
npm install --silent --no-audit --no-fund "keyv@$(version keyv)" "unstorage@$(version unstorage)" "fastify@$(version fastify)"
cat > peers.mts <<'TS'
import Fastify from 'fastify'
import { Keyv, type KeyvStoreAdapter } from 'keyv'
import { sharedCachePlugin } from 'shardmap/fastify'
import { SharedCacheStore } from 'shardmap/keyv'
import { sharedCacheDriver } from 'shardmap/unstorage'
import { createStorage, type Driver } from 'unstorage'
const store: KeyvStoreAdapter = new SharedCacheStore({ name: 'c', max: 10 })
const driver: Driver = sharedCacheDriver({ name: 'c' })
export const [keyv, storage, app] = [new Keyv({ store }), createStorage({ driver }), Fastify()]
await app.register(sharedCachePlugin, { name: 'c' })
app.get('/', { config: { cache: { ttl: 1000, key: (request) => request.hostname } } }, async () => app.cache.size)
TS
check --lib es2022 --skipLibCheck --module node16 --moduleResolution node16 peers.mts
check --lib es2022 --skipLibCheck --module preserve --moduleResolution bundler peers.mts
