// The status page in a real browser: our own server with a scene behind it, and Chromium as Debian packs it.
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { StatusFeed } from '../../src/status/feed.ts'
import { pageRoutes } from '../../src/status/page-files.ts'
import type { ProcessStatus } from '../../src/status/role-status.ts'
import { openServer } from '../../src/status/server.ts'

/** For what comes within a second on an idle machine. */
const WAIT_MS = 15_000
const CHROMIUM = '/usr/bin/chromium'

/** Why there can be no test, or nothing; CI has to have what it needs. */
export const whyNoBrowser = (): string | false =>
  existsSync(CHROMIUM) || process.env.CI === 'true'
    ? false
    : 'there is no Chromium here; npm run setup installs it'

export const openBrowser = (): Promise<Browser> =>
  // A container seldom lets root have the namespaces of a sandbox, and only our own pages are loaded.
  chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] })

export interface Scene extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** From now on this is how it is. */
  show(status: ProcessStatus): void
}

export interface SceneOptions {
  /** 0: any. */
  readonly port?: number
  readonly now?: () => number
}

export async function openScene(first: ProcessStatus, options: SceneOptions = {}): Promise<Scene> {
  const { port: wanted = 0, now } = options
  let status = first
  const feed = new StatusFeed({ look: () => status, aliveMs: 200, ...(now ? { now } : {}) })
  const server = await openServer({
    ...{ host: '', port: wanted, routes: new Map([...pageRoutes(), ...feed.routes()]) },
    onError: (error) => {
      throw error
    },
  })
  const { port } = server
  return {
    ...{ port, url: `http://127.0.0.1:${port}/` },
    show: (next) => {
      status = next
      feed.look()
    },
    [Symbol.asyncDispose]: async () => {
      feed[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

export interface Visit extends AsyncDisposable {
  readonly page: Page
  /** Whatever the page asked for, and from whom. */
  readonly requests: readonly string[]
  /** What the browser complained of. */
  readonly complaints: readonly string[]
}

export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ timezoneId: 'UTC', locale: 'en-GB', ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(WAIT_MS)
  const [requests, complaints]: [string[], string[]] = [[], []]
  page.on('request', (request) => requests.push(request.url()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  await page.goto(url)
  return { page, requests, complaints, [Symbol.asyncDispose]: () => context.close() }
}
