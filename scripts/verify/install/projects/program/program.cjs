// Main thread and two workers on the same data; prints what the data is when all are done. `file` is what each thread runs, which brings the classes in its own way.
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads')

module.exports = async function program({ SharedCache, SharedMap, SnapshotMap }, file) {
  const hits = SharedMap.open('hits')
  const prices = SnapshotMap.open('prices')
  const pages = SharedCache.open('pages', { max: 100 })

  async function work(who) {
    for (let i = 0; i < 1000; i++) hits.increment('all')
    await prices.commit([[who, 1]])
    await pages.fetch('/', () => hits.increment('loads'))
  }

  const inWorker = (who) =>
    new Promise((resolve, reject) => {
      new Worker(file, { workerData: who }).on('error', reject).on('message', resolve)
    })

  if (isMainThread) {
    await Promise.all([work('main'), inWorker('one'), inWorker('two')])
    console.log(JSON.stringify({ hits: hits.get('all'), version: Number(prices.version), prices: prices.size, loads: hits.get('loads') }))
  } else {
    await work(workerData)
    parentPort.postMessage('done')
  }
}
