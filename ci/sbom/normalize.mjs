// A bill of cargo-cyclonedx, from the standard input, without what belongs to the machine that made it: its folder, the time, a random number.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const [folder] = process.argv.slice(2)
const bill = JSON.parse(readFileSync(0, 'utf8').replaceAll(`path+file://${folder}/`, 'path+file:///'))
const time = new Date(Number(process.env.SOURCE_DATE_EPOCH) * 1000)
bill.metadata.timestamp = time.toISOString()
delete bill.serialNumber
const hex = createHash('sha256').update(JSON.stringify(bill)).digest('hex')
// A UUID of version 8: of the makers own making, here the hash of the rest.
bill.serialNumber = `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
console.log(JSON.stringify(bill, null, 2))
