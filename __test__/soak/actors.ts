// All that a thread does.
import { caches, lru, tinylfu } from './actors/caches.js'
import { counters } from './actors/counters.js'
import { deltas } from './actors/deltas.js'
import { dumps } from './actors/dumps.js'
import { events } from './actors/events.js'
import { fleeting } from './actors/fleeting.js'
import { groups } from './actors/groups.js'
import { ledger } from './actors/ledger.js'
import { limits } from './actors/limits.js'
import { loads } from './actors/loads.js'
import { locks } from './actors/locks.js'
import { refusals } from './actors/refusals.js'
import { registers } from './actors/registers.js'
import type { Actor, Life } from './life.js'

const ALL = [registers, counters, ledger, groups, locks, caches(tinylfu), caches(lru), loads, events, dumps, limits, fleeting, refusals, deltas]

export const actors = (life: Life): Actor[] => ALL.map(actor => actor(life))
