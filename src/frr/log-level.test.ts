import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pino } from 'pino'
import { eventually } from '../../test/support/eventually.ts'
import { LogLevels } from './log-level.ts'
import { VtyServer, type VtyServerOptions } from './vty-server.ts'

const INFO = 'hostname n1\nlog stdout informational\n'
const DEBUG = 'hostname n1\nlog stdout debugging\ndebug bgp nht\ndebug bfd peer\n'

/** What is left of a daemon here: the lines about its log, and one that is none of our business. */
class Talker {
  readonly shown = new Set(['router bgp 64512'])
  readonly told: string[] = []
  refuses = ''
  refusals = 0

  readonly override: NonNullable<VtyServerOptions['override']> = (line) => {
    if (line === 'show running-config') return [[...this.shown].join('\n'), 0]
    if (!/^(no )?(log|debug) /.test(line)) return ['', 0]
    if (line === this.refuses) {
      this.refusals++
      return ['% Unknown command', 2]
    }
    this.told.push(line)
    for (const one of this.shown) if (/^log/.test(line) && /^log/.test(one)) this.shown.delete(one)
    if (line.startsWith('no ')) this.shown.delete(line.slice(3))
    else this.shown.add(line)
    return undefined
  }
}

class Site implements AsyncDisposable {
  readonly warnings: string[] = []
  readonly levels: LogLevels
  readonly #dir: string
  readonly #servers: VtyServer[] = []

  static async open(): Promise<Site> {
    return new Site(await mkdtemp(join(tmpdir(), 'log-level-')))
  }

  constructor(dir: string) {
    this.#dir = dir
    const write = (line: string): void => {
      const { level, error } = JSON.parse(line) as { level: number; error?: { message: string } }
      if (level === 40) this.warnings.push(error!.message)
    }
    const serializers = { error: pino.stdSerializers.err }
    const log = pino({ serializers }, { write })
    this.levels = new LogLevels({ runDir: dir, log, silenceMs: 50 })
  }

  async start(daemon: string, options: Partial<VtyServerOptions> = {}): Promise<Talker> {
    const talker = new Talker()
    const override: Talker['override'] = (line, path) => talker.override(line, path) ?? ['', 0]
    const path = join(this.#dir, `${daemon}.vty`)
    this.#servers.push(await VtyServer.open(path, { override, ...options }))
    return talker
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.levels[Symbol.asyncDispose]()
    for (const server of this.#servers) await server[Symbol.asyncDispose]()
    await rm(this.#dir, { recursive: true })
  }
}

test('every daemon that is there gets its part, up and down', async () => {
  await using site = await Site.open()
  const [zebra, bgpd] = [await site.start('zebra'), await site.start('bgpd')]
  site.levels.follow(INFO)
  await eventually(() => assert.deepEqual(zebra.told, ['log stdout informational']))
  site.levels.follow(DEBUG)
  await eventually(() => assert.ok(bgpd.shown.has('debug bgp nht')))
  site.levels.follow(INFO)
  await eventually(() => assert.ok(!bgpd.shown.has('debug bgp nht')))
  await site.levels[Symbol.asyncDispose]()
  assert.deepEqual(zebra.told.slice(1), ['log stdout debugging', 'log stdout informational'])
  assert.deepEqual([...bgpd.shown], ['router bgp 64512', 'log stdout informational'])
  assert.deepEqual(site.warnings, [])
})

test('of wishes that come while one is at work the last one stands', async () => {
  await using site = await Site.open()
  const bgpd = await site.start('bgpd')
  for (const text of [DEBUG, INFO, DEBUG, INFO]) site.levels.follow(text)
  await site.levels[Symbol.asyncDispose]()
  assert.ok(bgpd.shown.has('log stdout informational'))
  assert.ok(!bgpd.shown.has('debug bgp nht'))
})

test('the same again asks nobody; what was forgotten is looked at again', async () => {
  await using site = await Site.open()
  const bgpd = await site.start('bgpd')
  site.levels.follow(INFO)
  await eventually(() => assert.equal(bgpd.told.length, 1))
  // Typed by hand, for a look.
  bgpd.shown.add('debug bgp nht')
  site.levels.follow(INFO)
  site.levels.forget()
  assert.ok(bgpd.shown.has('debug bgp nht'))
  site.levels.follow(INFO)
  await eventually(() => assert.ok(!bgpd.shown.has('debug bgp nht')))
})

test('a daemon that comes later is reached by a later pass', async () => {
  await using site = await Site.open()
  const bgpd = await site.start('bgpd')
  site.levels.follow(DEBUG)
  await eventually(() => assert.ok(bgpd.shown.has('debug bgp nht')))
  const bfdd = await site.start('bfdd')
  await eventually(() => {
    site.levels.follow(DEBUG)
    assert.ok(bfdd.shown.has('debug bfd peer'))
  })
})

test('a refusal is told once, with the line, and tried again', async () => {
  await using site = await Site.open()
  const bgpd = await site.start('bgpd')
  bgpd.refuses = 'debug bgp nht'
  site.levels.follow(DEBUG)
  await eventually(() => assert.equal(site.warnings.length, 1))
  await eventually(() => {
    site.levels.follow(DEBUG)
    assert.ok(bgpd.refusals >= 2)
  })
  assert.equal(site.warnings.length, 1)
  bgpd.refuses = ''
  await eventually(() => {
    site.levels.follow(DEBUG)
    assert.ok(bgpd.shown.has('debug bgp nht'))
  })
  assert.match(
    site.warnings.join(),
    /^FRR refused "debug bgp nht" \(status 2\): % Unknown command$/,
  )
})

test('a daemon that hangs keeps the others from nothing', async () => {
  await using site = await Site.open()
  await site.start('zebra', { write: () => {} })
  const bgpd = await site.start('bgpd')
  site.levels.follow(INFO)
  await eventually(() => assert.ok(bgpd.shown.has('log stdout informational')))
  await eventually(() => assert.match(site.warnings.join(), /no answer from .*zebra\.vty/))
})
