import { SharedCache, SharedMap } from 'shardmap'

const hits = SharedMap.open('hits')
const pages = SharedCache.open('pages', { max: 100 })

export const dynamic = 'force-dynamic'

export async function GET() {
  const page = await pages.fetch('/hits', () => `page ${hits.increment('made')}`)
  return Response.json({ page, hits: hits.increment('hits') })
}
