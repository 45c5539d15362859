// Vite leaves what is in node_modules out of a bundle for a server: nothing has to be said of shardmap.
export default {
  build: { ssr: true, outDir: 'vite', rollupOptions: { input: ['server.js', 'worker.js'], output: { entryFileNames: '[name].mjs' } } },
}
