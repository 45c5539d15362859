/** All entries of an async iterator, by key. */
export async function collect(entries) {
  const all = []
  for await (const entry of entries) all.push(entry)
  return all.sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Resolves once it holds; the time is only there to end a test that fails. */
export async function eventually(holds, within = 20_000) {
  for (const end = Date.now() + within; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 5))) {
    if (Date.now() > end) throw new Error(`not within ${within} ms: ${holds}`)
  }
}
