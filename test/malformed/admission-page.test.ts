import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MISTAKES, type Refuser, refusedBy } from './refusals.ts'

const PAGE = join(import.meta.dirname, '../../docs/admission.md')
const REFUSERS: readonly Refuser[] = ['definition', 'webhook', 'nobody']
const ROWS: Readonly<Record<string, string>> = {
  advertisement: 'BGPAdvertisements',
  bfd: 'BFDProfiles',
  community: 'communities, where they are named and where they are used',
  l2: 'L2Advertisements',
  'legacy-pool': 'AddressPools',
  peer: 'BGPPeers',
  pool: 'IPAddressPools',
  selector: 'label selectors, of whatever kind',
}

test('the page about admission counts what is tested', () => {
  const about = (row: string) => MISTAKES.filter((name) => name.startsWith(`${row}-`))
  const counts = (names: readonly string[]) =>
    REFUSERS.map((who) => names.filter((name) => refusedBy(name) === who).length).join(' | ')
  const rows = Object.entries(ROWS).map(([row, title]) => `| ${title} | ${counts(about(row))} |`)
  const table = [...rows, `| all ${MISTAKES.length} | ${counts(MISTAKES)} |`].join('\n')
  const page = readFileSync(PAGE, 'utf8')
  assert.ok(page.includes(`|--:|--:|--:|\n${table}\n\n`), `its table has to be\n${table}`)
  assert.equal(
    Object.keys(ROWS).flatMap(about).length,
    MISTAKES.length,
    'every input is in one row',
  )
})
