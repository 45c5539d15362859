// One package, imported and required: one set of classes, one set of data.
import { createRequire } from 'node:module'
import { SharedMap, ShardmapError } from 'shardmap'
import * as fastify from 'shardmap/fastify'
import * as keyv from 'shardmap/keyv'
import * as unstorage from 'shardmap/unstorage'

const require = createRequire(import.meta.url)
const same = (imported, required) => Object.keys(imported).every((name) => name === 'default' || name === 'module.exports' || imported[name] === required[name])
SharedMap.open('m').set('a', 1)
console.log(JSON.stringify({
  classes: same({ SharedMap, ShardmapError }, require('shardmap')),
  adapters: same(keyv, require('shardmap/keyv')) && same(unstorage, require('shardmap/unstorage')) && same(fastify, require('shardmap/fastify')),
  data: require('shardmap').SharedMap.open('m').get('a'),
}))
