// Two copies of the package, each with an addon file of its own: what do they share?
const warnings = []
process.on('warning', ({ code }) => warnings.push(code))
const first = require('shardmap')
const second = require('./apart/node_modules/shardmap')
first.SharedMap.open('m').set('from', 'first')
const found = {
  classes: first.SharedMap === second.SharedMap,
  seen: second.SharedMap.open('m').get('from') ?? null,
  second: second.SharedMap.open('m').set('from', 'second').get('from'),
  first: first.SharedMap.open('m').get('from'),
  warnings,
}
// A warning is told on the next tick.
setImmediate(() => console.log(JSON.stringify(found)))
