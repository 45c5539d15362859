// Two copies of the package, each with an addon file of its own, and one copy whose addon is the same file: what do they share?
const first = require('shardmap')
const second = require('./apart/node_modules/shardmap')
first.SharedMap.open('m').set('from', 'first')
console.log(JSON.stringify({
  classes: first.SharedMap === second.SharedMap,
  seen: second.SharedMap.open('m').get('from') ?? null,
  second: second.SharedMap.open('m').set('from', 'second').get('from'),
  first: first.SharedMap.open('m').get('from'),
}))
