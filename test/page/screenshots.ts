// `node test/page/screenshots.ts`: the pictures of docs/status-page.md, drawn anew.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { ProcessStatus } from '../../src/status/role-status.ts'
import {
  BAD_POOL,
  controllerIn,
  crowdedWorld,
  speakerIn,
  WAITING,
  worldOf,
} from '../support/status-scenes.ts'
import { shrinkPng } from './png.ts'
import { openBrowser, openScene, visit } from './support.ts'

const OUT = join(import.meta.dirname, '../../docs/screenshots')
const WIDE = { width: 1440, height: 900 }
/** A Tuesday noon; minutes pass between two moments of a picture. */
const NOON = Date.UTC(2026, 10, 24, 11, 40)
const UP_AT = NOON - 2 * 86_400_000 - 5_000_000

interface Picture {
  readonly name: string
  /** One after the other, minutes apart. */
  readonly moments: readonly ProcessStatus[]
  readonly options?: BrowserContextOptions
  readonly ready: string
  readonly before?: (page: Page) => Promise<void>
}

const well = speakerIn({ upAt: UP_AT })
const down = speakerIn({ upAt: UP_AT, down: { 'tor-b': 'Hold Timer Expired' } })
const bad = worldOf([...BAD_POOL, ...WAITING])
const crowd = crowdedWorld(1000)

const PICTURES: readonly Picture[] = [
  { name: 'healthy', moments: [{ speaker: well }], ready: 'All is well' },
  { name: 'session-down', moments: [{ speaker: well }, { speaker: down }], ready: 'tor-b is down' },
  {
    name: 'bad-object',
    moments: [{ speaker: well }, { speaker: speakerIn({ upAt: UP_AT, world: bad }) }],
    ready: '1 problem',
  },
  {
    name: 'thousand-services',
    moments: [{ speaker: speakerIn({ upAt: UP_AT, world: crowd }) }],
    ready: '1,000 addresses',
    before: async (page) => {
      await page.getByRole('searchbox').fill('team-7 198.51.101')
      await page.getByText('fit', { exact: false }).first().waitFor()
    },
  },
  {
    name: 'dark',
    moments: [{ speaker: well }, { speaker: down }],
    options: { colorScheme: 'dark' },
    ready: 'tor-b is down',
  },
  {
    name: 'controller',
    moments: [{ controller: controllerIn(worldOf([...BAD_POOL])) }],
    ready: 'Services',
  },
  {
    name: 'phone',
    moments: [{ speaker: well }, { speaker: down }],
    options: { viewport: { width: 390, height: 844 } },
    ready: 'tor-b is down',
  },
]

async function draw(browser: Browser, picture: Picture): Promise<void> {
  let at = NOON
  await using scene = await openScene({}, { now: () => at })
  for (const moment of picture.moments) {
    at += 23 * 60_000 + 4_000
    scene.show(moment)
  }
  const { options = {}, name, ready, before } = picture
  await using seen = await visit(browser, 'about:blank', {
    ...{ viewport: WIDE, reducedMotion: 'reduce', ...options },
  })
  const { page } = seen
  await page.clock.setFixedTime(at + 60_000)
  at += 60_000
  await page.goto(scene.url)
  await page.getByRole('status').filter({ hasText: ready }).waitFor()
  await page.getByText('live', { exact: true }).waitFor()
  await before?.(page)
  const path = join(OUT, `${name}.png`)
  await writeFile(path, shrinkPng(await page.screenshot({ animations: 'disabled' })))
  process.stdout.write(`${path}\n`)
}

await mkdir(OUT, { recursive: true })
const browser = await openBrowser()
try {
  for (const picture of PICTURES) await draw(browser, picture)
} finally {
  await browser.close()
}
