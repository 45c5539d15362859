// All of shardmap is in the bundle, and the binary beside it. The other platforms' packages are not installed, and webpack says so.
export default {
  mode: 'production',
  target: 'node',
  entry: { server: './server.js', worker: './worker.js' },
  output: { path: process.cwd() + '/webpack-whole', filename: '[name].cjs' },
  module: { rules: [{ test: /\.node$/, loader: 'node-loader' }] },
}
