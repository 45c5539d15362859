// shardmap stays in node_modules: nothing but its name is in the bundle.
export default {
  mode: 'production',
  target: 'node',
  entry: { server: './server.js', worker: './worker.js' },
  output: { path: process.cwd() + '/webpack-external', module: true, filename: '[name].mjs' },
  experiments: { outputModule: true },
  externals: { shardmap: 'module shardmap' },
}
