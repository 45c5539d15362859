import { SharedMap } from 'shardmap'
import type { City } from './city.js'
import type { IndexKey } from './rows.js'

/** Any thread opens the same three tables by name. */
export const openCities = () => SharedMap.open<number, City>('cities')
export const openIndex = () => SharedMap.open<IndexKey, number[]>('cities.index')
export const openClock = () => SharedMap.open<string, number>('cities.clock')
