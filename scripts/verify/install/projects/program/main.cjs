// By require.
const shardmap = require('shardmap')
const program = require('./program.cjs')

program(shardmap, __filename)
