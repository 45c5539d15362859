const COMPARES = "Bun's util.isDeepStrictEqual, by which it compares, does not end on a Map that holds itself"
const NEVER_ENDS = "Deno's terminate() ends a thread when it comes back to its event loop. The threads of this test never do, and go on for good"
const NO_EXIT = 'in Deno a process with an error that nobody catches emits no exit, by which it would tell what was acknowledged'

/** What of the suite cannot hold somewhere, and why. Without `test` it is a whole file. All else has to hold everywhere. */
export const inapplicable = [
  { where: ['bun'], spec: 'codec', test: 'cyclicMap comes back as structuredClone gives it, by every way to read', why: COMPARES },
  { where: ['bun'], spec: 'codec', test: 'arbitrary values come back as structuredClone gives them', why: "Bun's util.isDeepStrictEqual takes Maps with equal objects as keys for different" },
  { where: ['bun'], spec: 'durable', test: 'another process finds every key, value, version and transaction (history 2)', why: COMPARES },
  { where: ['bun'], spec: 'durable', test: 'another process finds every key, value, version and transaction (history 16)', why: COMPARES },
  { where: ['deno'], spec: 'hostile', test: 'a hostile value is stored as structuredClone gives it, or refused as it refuses, and then nothing has changed', why: "Deno's structuredClone refuses a URL, and makes one that is in an array or an object {}; shardmap refuses both" },
  { where: ['deno'], spec: 'terminate', test: 'fifty threads ended in the middle of their work leave the map usable', why: NEVER_ENDS },
  { where: ['deno'], spec: 'leaks', test: 'a thread that is ended while it takes a snapshot leaves none', why: NEVER_ENDS },
  { where: ['deno'], spec: 'soak', test: 'a short soak loses nothing, and calls every public method', why: 'Deno leaves an epoll and an eventfd open for each thread that ends by process.exit(), without shardmap too; the soak wants no file open at its end that was not at its beginning' },
  { where: ['deno'], spec: 'exits', test: 'a process ends under load by its code, in silence, and its file has what was acknowledged (throws)', why: NO_EXIT },
  { where: ['deno'], spec: 'exits', test: 'a process ends under load by its code, in silence, and its file has what was acknowledged (rejects)', why: NO_EXIT },
]
