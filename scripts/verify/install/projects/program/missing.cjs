// What is said where the platform's package is missing.
try {
  const shardmap = require('shardmap')
  console.log(JSON.stringify(Object.keys(shardmap)))
} catch ({ name, code, message }) {
  console.log(JSON.stringify({ name, code, message }))
}
