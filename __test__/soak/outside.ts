// Faults of other processes, while the threads are at work: killed in the middle of commits, and a disk that takes no more.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { crashAndCheck } from '../fixtures/crashes.js'
import { Process } from '../fixtures/processes.js'
import type { Check, Fault } from './shared.js'

type Count = (what: Fault | Check, times: number) => void

const durable = new URL('../fixtures/durable.js', import.meta.url).href
const PAUSE_MS = 8_000
const KILLS = 2
/** Blocks of 512 bytes. */
const DISK = 12_000

async function kills(folder: string, count: Count): Promise<void> {
  // A kill may come before the first commit.
  for (let acknowledged = 0; acknowledged === 0; ) {
    acknowledged = (await crashAndCheck(join(folder, 'killed'), KILLS, 'immediate')).acknowledged
    count('process killed', KILLS)
    count('kill loses nothing', acknowledged)
  }
}

async function refuses(folder: string, count: Count): Promise<void> {
  const path = join(folder, 'full')
  const child = new Process(durable, 'commitsUntilRefused', { path, durability: 'immediate' }, { fileBlocks: DISK })
  const { code, codes, memory, file, lost } = await child.tells()
  const { errors } = await child.ended
  const { last } = memory
  const same = memory.version === last && memory.n === last && memory.o === last && memory.held === last && memory.before === last - 1
  const kept = file.version === last && file.n === last && file.o === last && file.size === last + 2 && lost === null
  const refused = [code, ...codes].every(one => one === 'ERR_SHARDMAP_IO')
  if (!same || !kept || !refused) throw new Error(`refused disk loses nothing: ${JSON.stringify({ code, codes, memory, file, lost })} ${errors}`)
  rmSync(path)
  count('disk refused', 1)
  count('refused disk loses nothing', last)
}

/** Until the signal aborts; what is going on then is finished. */
export async function outside(folder: string, signal: AbortSignal, count: Count): Promise<void> {
  while (!signal.aborted) {
    await kills(folder, count)
    await refuses(folder, count)
    await wait(PAUSE_MS, undefined, { signal }).catch(() => {})
  }
}
