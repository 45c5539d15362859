// Names on the site: a page has that of its first heading, a module that by which it is imported.
import { Converter } from 'typedoc'

const modules = new Map([['index', 'shardmap'], ...['fastify', 'keyv', 'unstorage'].map((name) => [`adapters/${name}`, `shardmap/${name}`])])

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    const [first] = document.content
    const heading = /^\s*# (.+)\n/.exec(first.text)
    if (!heading) throw new Error(`${document.name}.md has no heading`)
    document.name = heading[1]
    first.text = first.text.slice(heading[0].length)
  })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const child of project.children ?? []) child.name = modules.get(child.name) ?? child.name
  })
}
