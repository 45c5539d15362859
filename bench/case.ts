// The entry of a case's process: file, exported function, argument as JSON.
const [file = '', name = '', argument = 'null'] = process.argv.slice(2)
const cases = (await import(new URL(file, import.meta.url).href)) as Record<string, (argument: unknown) => Promise<unknown>>
const result = await cases[name]!(JSON.parse(argument))
process.send?.(result, () => process.exit(0))
