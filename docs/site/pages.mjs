// Names on the site: a page has that of its first heading, up to a colon, and a module that by which it is imported.
import { Converter } from 'typedoc'

const modules = new Map([['index', 'shardmap'], ...['fastify', 'keyv', 'unstorage'].map((name) => [`adapters/${name}`, `shardmap/${name}`])])

/** The column is narrower than an editor: comments that stand far to the right come nearer. */
const narrow = (part) => (part.text = part.text.replace(/(?<=\S) {3,}(?=\/\/ )/g, '  '))

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    const heading = /^\s*# ([^:\n]+)/.exec(document.content[0].text)
    if (!heading) throw new Error(`${document.name}.md has no heading`)
    document.name = heading[1]
    document.content.forEach(narrow)
  })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const child of project.children ?? []) child.name = modules.get(child.name) ?? child.name
    // The theme writes the title of the front page itself.
    project.readme[0].text = project.readme[0].text.replace(/^\s*# .+\n/, '')
    project.readme.forEach(narrow)
  })
}
