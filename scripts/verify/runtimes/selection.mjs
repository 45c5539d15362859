/** Where an instruction costs many: the files of the suite that have all three types, several threads, transactions, files, loads, ends of threads and of the process, panics, keys and values. */
export const selection = [
  'atomic', 'batch', 'cache', 'cache-bounds', 'cache-dump', 'cache-events', 'cache-fetch', 'cache-panics', 'codec', 'commits', 'deltas', 'durable', 'exit', 'group-commit', 'keys',
  'letters', 'lifetime', 'locks-threads', 'many', 'map', 'panics', 'snapshot', 'snapshot-panics', 'snapshot-threads', 'terminate', 'transactions', 'versions-lifetime', 'workers',
]
