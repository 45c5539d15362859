// The same by require, without workers.
import shardmap = require('shardmap')
import keyv = require('shardmap/keyv')

async function main(): Promise<void> {
  const hits = shardmap.SharedMap.open<string, number>('hits')
  for (let i = 0; i < 3000; i++) hits.increment('all')
  const prices = shardmap.SnapshotMap.open<string, number>('prices')
  for (const key of ['a', 'b', 'c']) await prices.commit([[key, 1]])
  const store = new keyv.SharedCacheStore({ cache: shardmap.SharedCache.open('c', { max: 10 }) })
  await store.set('loads', 1)
  const loads = await store.get('loads')
  console.log(JSON.stringify({ hits: hits.get('all'), version: Number(prices.version), prices: prices.size, loads }))
}
void main()
