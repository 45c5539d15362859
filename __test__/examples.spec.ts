// The code of README, SECURITY, the guides and the adapters runs as it stands, and prints what its comments say.
import test from 'ava'
import ts from 'typescript'
import { examplesOf, faultsOf, promisesOf, run, write } from './fixtures/examples.js'
import { blocksOf, guides, pages } from './fixtures/pages.js'

const examples = pages.flatMap(examplesOf)
write(examples)

for (const page of ['README.md', 'SECURITY.md', 'docs/adapters.md', ...guides]) {
  test(`${page} has an example`, t => {
    t.true(examples.some(example => example.page === page))
  })
}

test('the types of the examples are right', t => {
  t.deepEqual(faultsOf(examples), [])
})

/** Two at a time: each is a process. */
const lanes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()]

for (const [i, example] of examples.filter(({ part }) => !part).entries()) {
  test(`${example.page}:${example.line} runs, and prints what it says`, async t => {
    const turn = lanes[i % 2]!.then(() => run(example))
    lanes[i % 2] = Promise.allSettled([turn])
    const { printed, stderr } = await turn
    t.is(stderr, '')
    for (const [line, said] of promisesOf(example)) {
      const got = printed.get(line) ?? 'nothing'
      t.true(said === got || said.startsWith(`${got}: `), `line ${example.line + line} prints ${got}, and says ${said}`)
    }
  })
}

for (const { page, line, code } of pages.flatMap(blocksOf).filter(({ language }) => language === 'typescript')) {
  test(`${page}:${line}, which needs what is not here, is TypeScript`, t => {
    const { diagnostics } = ts.transpileModule(`export default [${code.replace(/,\s*$/, '')}]`, { reportDiagnostics: true })
    t.deepEqual(diagnostics?.map(({ messageText }) => messageText), [])
  })
}
