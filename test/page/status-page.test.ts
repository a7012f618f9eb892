// The status page as a browser shows it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { ProcessStatus, SpeakerStatus } from '../../src/status/role-status.ts'
import { service } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import {
  BAD_POOL,
  controllerIn,
  crowdedWorld,
  speakerIn,
  worldOf,
} from '../support/status-scenes.ts'
import { openBrowser, openScene, type Scene, type Visit, visit, whyNoBrowser } from './support.ts'

const skip = whyNoBrowser()
let browser: Browser
before(async () => {
  if (!skip) browser = await openBrowser()
})
after(async () => {
  if (!skip) await browser.close()
})

const well = { speaker: speakerIn({ upAt: Date.UTC(2026, 0, 1) }) }
const down = { speaker: speakerIn({ down: { 'tor-b': 'Hold Timer Expired' } }) }

type Seen = Scene & Visit

/** The page with this behind it, once it shows it. Whatever the browser complained of fails the test. */
function page(
  name: string,
  status: ProcessStatus,
  look: (seen: Seen & { readonly page: Page }) => Promise<void>,
  options: BrowserContextOptions = {},
): void {
  test(name, { skip }, async () => {
    await using scene = await openScene(status)
    await using visited = await visit(browser, scene.url, options)
    await visited.page.locator('[data-line=live]').waitFor()
    await look({ ...scene, ...visited })
    assert.deepEqual(visited.complaints, [])
    const others = visited.requests.filter((url) => !url.startsWith(scene.url))
    assert.deepEqual(others, [], 'no request leaves for another host')
  })
}

const textOf = async (on: Page, selector: string) => (await on.locator(selector).innerText()).trim()
const headline = (on: Page) => textOf(on, '#words')
const rowsOf = (on: Page, section: string) => on.locator(`#${section} tbody tr`)
/** Cells without what lies between words. */
async function cellsOf(on: Page, section: string, at = 0): Promise<string[]> {
  const cells = await rowsOf(on, section).nth(at).locator('th, td').allInnerTexts()
  return cells.map((text) => text.replace(/\s+/g, ' ').trim())
}

page('all is well: in one sentence, and in each table', well, async ({ page: on }) => {
  assert.equal(await headline(on), 'All is well: 3 of 3 sessions up, 11 addresses announced')
  assert.match(await on.title(), /^✓ All is well: .* – speaker of node-a$/)
  const [peer, state, since, bfd, v4, v6, drops] = await cellsOf(on, 'sessions', 2)
  assert.deepEqual(
    [peer, state, bfd, v4, v6, drops],
    ['tor-c 10.0.0.3', 'up', 'up fast', '7 of 7', '2 of 2', '0'],
  )
  assert.match(since!, /^1 Jan, 00:00:00 \d+ d/)
  const [name, here, addresses, pool, bgp] = await cellsOf(on, 'announced')
  assert.deepEqual(
    [name, here, addresses, pool, bgp],
    ['build/registry', 'announced', '198.51.100.40', 'public', 'tor-a, tor-b, tor-c'],
  )
  assert.equal(await on.locator('#problems, #troubles').count(), 0)
})

page('a session that goes down is seen without a reload', well, async ({ page: on, show }) => {
  await on.evaluate(() => document.body.setAttribute('data-loaded', 'once'))
  show(down)
  await on.getByText('tor-b is down since').waitFor()
  assert.match(
    await headline(on),
    /^2 of 3 sessions up: tor-b is down since \d\d:\d\d:\d\d \(Hold Timer Expired\)$/,
  )
  const first = rowsOf(on, 'sessions').first()
  await first.getByText('Active; Hold Timer Expired').waitFor()
  assert.match((await cellsOf(on, 'sessions'))[0]!, /^tor-b/)
  assert.match(await textOf(on, '#changes li:first-child'), /tor-b down \(Hold Timer Expired\)$/)
  assert.match(await on.title(), /^✕/)
  show(well)
  await on.getByText('All is well').waitFor()
  assert.equal(await on.locator('[data-loaded=once]').count(), 1)
})

const bad = { speaker: speakerIn({ world: worldOf(BAD_POOL) }) }

page('a bad object: which, which field, and what is wrong', bad, async ({ page: on }) => {
  assert.match(await headline(on), /but 1 problem: IPAddressPool metallb-system\/guests spec/)
  const [object, field, what] = await cellsOf(on, 'problems')
  assert.deepEqual([object, field], ['IPAddressPool metallb-system/guests', 'spec.addresses[0]'])
  assert.match(what!, /^invalid CIDR "203.0.113.0\/33"/)
})

const crowd = { speaker: speakerIn({ world: crowdedWorld(1_000) }) }

page('a thousand Services: some are shown, all are found', crowd, async ({ page: on }) => {
  const rows = rowsOf(on, 'announced')
  assert.equal(await rows.count(), 100)
  await on.getByRole('button', { name: 'Show more of 1,000 Services' }).click()
  await rows.nth(299).waitFor()
  assert.equal(await rows.count(), 300)
  await on.getByRole('searchbox').fill('app-00777')
  await on.getByText('1 of 1,000 fit').waitFor()
  assert.deepEqual((await cellsOf(on, 'announced')).slice(0, 3), [
    'team-17/app-00777',
    'announced',
    '198.51.103.28',
  ])
  await on.waitForURL(/\?q=app-00777$/)
  await on.reload()
  await on.getByText('1 of 1,000 fit').waitFor()
})

page('what is not of the search stays where it is', well, async ({ page: on, show }) => {
  await on.getByRole('searchbox').fill('wiki')
  await on.getByText('1 of 11 fit').waitFor()
  show(down)
  await on.getByText('tor-b is down since').waitFor()
  assert.equal(await on.getByRole('searchbox').inputValue(), 'wiki')
  assert.equal(await rowsOf(on, 'announced').count(), 1)
})

page('all of it with the keyboard', well, async ({ page: on }) => {
  const focused = () => on.evaluate(() => document.activeElement?.textContent?.trim() ?? '')
  await on.keyboard.press('Tab')
  assert.equal(await focused(), 'Skip to the report')
  await on.keyboard.press('Enter')
  assert.equal(await on.evaluate(() => document.activeElement?.id), 'report')

  await on.keyboard.press('/')
  assert.equal(await on.evaluate(() => document.activeElement?.id), 'query')
  await on.keyboard.type('office')
  await on.getByText('4 of 11 fit').waitFor()
  await on.keyboard.press('Escape')
  await on.getByText('4 of 11 fit').waitFor({ state: 'hidden' })

  const wanted = await on.locator('a[href], button:visible, input').count()
  const reached = new Set<string>()
  await on.evaluate(() => (document.activeElement as HTMLElement).blur())
  await eventually(async () => {
    await on.keyboard.press('Tab')
    const [key, outline] = await on.evaluate(() => {
      const all = [...document.querySelectorAll('*')]
      const { activeElement: one } = document
      return [String(all.indexOf(one!)), one ? getComputedStyle(one).outlineStyle : '']
    })
    assert.equal(outline, 'solid', 'the focus is seen')
    reached.add(key!)
    assert.equal(reached.size, wanted)
  })

  await on.getByRole('button', { name: '1 elsewhere' }).focus()
  await on.keyboard.press('Enter')
  await on.getByText('1 of 11 fit').waitFor()
  assert.equal(await on.getByRole('searchbox').inputValue(), 'is:elsewhere')
})

const unknown = speakerIn({ silent: new Map([['bgpd', 'connect ENOENT']]) })
const silent = {
  speaker: {
    ...unknown,
    sessions: unknown.sessions.map((one) => ({ ...one, isUp: false, state: 'Unknown' })),
  },
}

page('FRR that does not answer: nobody can say what sessions do', silent, async ({ page: on }) => {
  assert.match(await headline(on), /^FRR's bgpd does not answer: connect ENOENT since /)
  assert.match(
    await textOf(on, '#troubles li'),
    /^FRR's bgpd does not answer: connect ENOENT since/,
  )
  assert.equal((await cellsOf(on, 'sessions'))[1], 'unknown')
})

test('what is typed is asked for as it stands in the end', { skip }, async () => {
  await using scene = await openScene(crowd)
  await using visited = await visit(browser, scene.url)
  const { page: on } = visited
  await on.getByRole('searchbox').pressSequentially('app-0099')
  await on.getByText('10 of 1,000 fit').waitFor()
  await on.getByRole('searchbox').pressSequentially('9')
  await on.getByText('1 of 1,000 fit').waitFor()
})

/** WCAG 2.2 §1.4.3, of what is computed for an element on the first ground behind it that is not clear. */
const contrasts = (on: Page, selectors: readonly string[]) =>
  on.evaluate((all) => {
    const numbers = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number)
    const luminance = (colour: string) => {
      const [r, g, b] = numbers(colour).map((one) => {
        const share = one / 255
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
    }
    const groundOf = (element: Element | null): string => {
      if (!element) return 'rgb(255, 255, 255)'
      const { backgroundColor } = getComputedStyle(element)
      return numbers(backgroundColor)[3] === 0 ? groundOf(element.parentElement) : backgroundColor
    }
    return all.map((selector) => {
      const element = document.querySelector(selector)
      if (!element) throw new Error(`there is no ${selector}`)
      const [a, b] = [getComputedStyle(element).color, groundOf(element)].map(luminance)
      return [selector, (Math.max(a!, b!) + 0.05) / (Math.min(a!, b!) + 0.05)] as const
    })
  }, selectors)

const INKS = [
  '#words',
  '#who',
  '.quiet',
  '.state.bad',
  '.state.warn',
  'thead th',
  '.why',
  'footer a',
]

for (const colorScheme of ['light', 'dark'] as const) {
  const look = async ({ page: on }: Seen) => {
    const ground = await on.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const [red] = ground.match(/\d+/g)!.map(Number)
    assert.equal(red! < 128, colorScheme === 'dark')
    const weak = (await contrasts(on, INKS)).filter(([, ratio]) => ratio < 4.5)
    assert.deepEqual(weak, [])
  }
  page(`what is written can be read: ${colorScheme}`, down, look, { colorScheme })
}

const HOSTILE =
  '"><img src=x onerror="document.body.dataset.hit=1"><script>document.body.dataset.hit=1</script>'

/** Names as no API server takes them, in every place where there is text of somebody else. */
function hostile(): SpeakerStatus {
  const { plan, sessions, ...rest } = down.speaker
  const [first, ...others] = plan!.services
  const services = [{ ...first!, key: `ns/${HOSTILE}`, addresses: [HOSTILE] }, ...others]
  const problems = [{ ...BAD_POOL[0]!, name: HOSTILE, path: HOSTILE, message: HOSTILE }]
  const peers = [{ name: HOSTILE, session: false, because: 'nodeNotSelected' as const }]
  return {
    ...{ ...rest, node: HOSTILE, plan: { ...plan!, services, problems, peers } },
    sessions: sessions.map((one) => ({ ...one, name: HOSTILE, state: HOSTILE })),
    silent: new Map([['bgpd', HOSTILE]]),
  }
}

page('names are text, whatever they say', { speaker: hostile() }, async ({ page: on }) => {
  for (const section of ['sessions', 'announced', 'problems', 'changes', 'troubles']) {
    await on.locator(`#${section}`).getByText(HOSTILE).first().waitFor()
  }
  await on.locator('h1').getByText(HOSTILE).waitFor()
  assert.equal(await on.locator('img').count(), 0)
  assert.equal(await on.locator('[data-hit]').count(), 0)
  assert.equal(await on.locator('script').count(), 1)
})

test('it says since when the server is gone, and goes on by itself', { skip }, async () => {
  const scene = await openScene(well)
  await using visited = await visit(browser, scene.url)
  const { page: on } = visited
  await on.locator('[data-line=live]').waitFor()
  await scene[Symbol.asyncDispose]()
  await on.getByText(/^stale since \d\d:\d\d:\d\d/).waitFor()
  assert.match(await on.title(), /^stale – speaker of node-a$/)
  assert.match(await headline(on), /^All is well/, 'what was shown stays to be read')

  await using _again = await openScene(down, { port: scene.port })
  await on.locator('[data-line=live]').waitFor()
  await on.getByText('tor-b is down').first().waitFor()
  assert.match(await on.title(), /^✕ 2 of 3/)
})

for (const width of [320, 640, 900]) {
  const look = async ({ page: on }: Seen) => {
    const [wanted, given] = await on.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ])
    assert.ok(wanted! <= given!, `${wanted} pixels wide`)
    assert.equal(await rowsOf(on, 'announced').count(), 11)
  }
  page(`a window of ${width} pixels needs no scrolling aside`, bad, look, {
    viewport: { width, height: 800 },
  })
}

for (const reducedMotion of ['reduce', 'no-preference'] as const) {
  const look = async ({ page: on, show }: Seen) => {
    show(down)
    const changed = on.locator('#sessions .changed').first()
    await changed.waitFor()
    const name = await changed.evaluate((one) => getComputedStyle(one).animationName)
    assert.equal(name, reducedMotion === 'reduce' ? 'none' : 'touched')
  }
  page(`what changed is lit up unless motion is unwanted: ${reducedMotion}`, well, look, {
    reducedMotion,
  })
}

page('its parts have names for who cannot see them', bad, async ({ page: on }) => {
  for (const role of ['banner', 'main', 'contentinfo', 'search', 'navigation'] as const) {
    assert.equal(await on.getByRole(role).count(), 1, role)
  }
  assert.equal(await on.getByRole('heading', { level: 1 }).count(), 1)
  for (const name of ['Sessions', 'Announcements of this node', 'Problems of objects']) {
    await on.getByRole('table', { name }).waitFor()
    await on.getByRole('region', { name }).waitFor()
  }
  assert.equal(await on.locator('#words').getAttribute('aria-live'), 'polite')
  await on.getByRole('columnheader', { name: 'IPv4 sent' }).waitFor()
  await on.getByRole('rowheader', { name: 'tor-a' }).waitFor()
  const ids = await on.locator('[id]').evaluateAll((all) => all.map(({ id }) => id))
  assert.equal(new Set(ids).size, ids.length)
  const hidden = await on.locator('svg:not([aria-hidden=true])').count()
  assert.equal(hidden, 0, 'a shape is beside its word')
})

const asks = service('asks', { loadBalancerIP: '203.0.113.9' }, { namespace: 'shop' })
const controller = { controller: controllerIn(worldOf([asks])) }

page('the controller: pools, and which Services wait and why', controller, async ({ page: on }) => {
  assert.equal(
    await headline(on),
    '1 of 12 Services waits for an address: shop/asks (no pool holds the address: 203.0.113.9)',
  )
  assert.deepEqual((await cellsOf(on, 'pools', 1)).slice(0, 3), ['public', '8', '8 of 256'])
  const [name, state, , , why] = await cellsOf(on, 'addresses')
  assert.deepEqual([name, state], ['shop/asks', 'waiting'])
  assert.match(why!, /^no pool holds the address: 203.0.113.9 addressNotInPool/)
  await on.getByRole('button', { name: 'office' }).first().click()
  await on.getByText('1 of 2 fit').waitFor()
  assert.equal(await rowsOf(on, 'addresses').count(), 4)
})

const standby = { controller: controllerIn(worldOf(), false) }

page(
  'a controller that stands by says so, and shows nothing old',
  standby,
  async ({ page: on }) => {
    assert.equal(await headline(on), 'Standing by: another controller leads')
    assert.equal(await on.locator('table').count(), 0)
  },
)
