// Every page of the documentation, without a cluster and without FRR: its form, its links, the objects it
// shows and the commands it has people type. test/kube and test/net run what needs the real thing.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { suite, test } from 'node:test'
import { printProblem } from '../src/config/problem.ts'
import { type Typed, typedIn } from './support/docs/console.ts'
import { ELSEWHERE } from './support/docs/elsewhere.ts'
import { knownFlags } from './support/docs/ferrule-line.ts'
import { RUN_BY } from './support/docs/kubelet-lines.ts'
import { wrongFile } from './support/docs/named-files.ts'
import { type Block, type Page, pages, placeOf } from './support/docs/page.ts'
import { wrongCommand } from './support/docs/programs.ts'
import { report } from './support/docs/report.ts'
import { COMPARED } from './support/docs/router-blocks.ts'
import { isOurs, type Names, Reader } from './support/docs/run.ts'
import { commandsIn } from './support/docs/shell.ts'
import { isExec, tierOf, typedOn } from './support/docs/tiers.ts'
import { FOREIGN_FLAGS } from './support/docs/words.ts'
import { fileNameOf, isObjects, objectsOf, problemsOf } from './support/docs/yaml-blocks.ts'
import { find, ROOT, read } from './support/source.ts'

const LANGUAGES = ['yaml', 'console', 'frr', 'bird', 'cisco', 'vyos', 'text']
const ALL = pages()
/** A folder that is the reader's is the demo's here. */
const NAMES: Names = [[/\bDIR\b/g, 'manifests/samples/demo']]
const { flags, variables } = await knownFlags()

function none(offenders: readonly string[], what: string): void {
  assert.deepEqual(offenders, [], `${what}:\n  ${offenders.join('\n  ')}\n`)
}

for (const page of ALL) {
  suite(page.path, () => {
    test('its blocks say what they are', () => {
      const nameless = page.blocks.filter(({ lang }) => !LANGUAGES.includes(lang))
      none(
        nameless.map((block) => `${placeOf(block)} "${block.lang}"`),
        `blocks that are none of ${LANGUAGES.join(', ')}`,
      )
      none(
        page.indented.map(({ line, text }) => `${page.path}:${line} ${text.trim()}`),
        'code by indentation (fence it)',
      )
    })

    test('its links lead somewhere', () => {
      none(
        page.links.flatMap(({ line, text }) => wrongLink(page, line, text)),
        'links',
      )
    })

    test('the flags, variables and files that it names are there', () => {
      none(
        page.code.flatMap((found) => unknownWords(page, found)),
        'names',
      )
    })

    test('the commands in its sentences are there', async () => {
      none(await wrongInSentences(page), 'commands')
    })

    for (const block of page.blocks.filter(({ lang }) => lang === 'yaml')) {
      const what = fileNameOf(block) ?? 'objects'
      test(`${placeOf(block)}: ${what} that would be taken`, () => checkYaml(block, page))
    }

    for (const block of page.blocks.filter(({ lang }) => lang === 'console')) {
      test(`${placeOf(block)}: commands that are there`, () => checkConsole(block, page))
    }

    for (const typed of typedOn(page).filter((one) => tierOf(one) === 'offline')) {
      test(`${placeOf(typed)}: ${typed.text}`, async () => {
        using reader = new Reader(page, { names: NAMES })
        await reader.run(typed)
      })
    }
  })
}

const TYPED = ALL.flatMap(typedOn)

suite('nothing is shown that nobody runs', () => {
  test('who shows what a command prints can rely on a test that compares', () => {
    const shows = TYPED.filter(({ prints }) => prints.some((line) => line !== '…'))
    const loose = shows.filter((typed) => tierOf(typed) === 'named')
    none(loose.map(printed), 'commands whose output nobody compares')
  })

  test('what is run in a container is run by a test', () => {
    const execs = TYPED.filter((typed) => tierOf(typed) === 'kube' && isExec(typed))
    const free = execs.filter(({ text }) => !RUN_BY.some(({ lines }) => lines.test(text)))
    none(free.map(printed), 'programs in a container that no test runs (RUN_BY)')
  })

  for (const one of [...ELSEWHERE, ...RUN_BY]) {
    test(`${one.lines} is run by ${one.test}`, () => {
      const fitting = TYPED.filter(
        ({ text, page }) => one.lines.test(text) && (one.page ?? page) === page,
      )
      assert.ok(fitting.length > 0, 'no page has such a line any more')
      assert.ok(read(one.test).includes(one.says), `${one.test} no longer says ${one.says}`)
    })
  }

  for (const [lang, one] of Object.entries(COMPARED)) {
    const blocks = ALL.flatMap((page) => page.blocks).filter((block) => block.lang === lang)
    test(`blocks of ${lang} are compared by ${one.test}`, () => {
      none(blocks.filter(({ page }) => page !== one.page).map(placeOf), 'blocks nobody compares')
      if (blocks.length > 0) assert.ok(read(one.test).includes(one.says))
    })
  }

  test('how much is checked, and where', (t) => {
    for (const line of report(ALL)) t.diagnostic(line)
  })
})

const printed = ({ page, line, text }: Typed): string => `${page}:${line} ${text}`

function wrongLink(page: Page, line: number, link: string): string[] {
  const said = (why: string) => [`${page.path}:${line} ${link}: ${why}`]
  if (/^https?:\/\/localhost/.test(link)) return []
  if (/^\w+:/.test(link)) return link.startsWith('https://') ? [] : said('is not https')
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page.path : normalize(join(dirname(page.path), path))
  if (target.startsWith('..') || !existsSync(join(ROOT, target))) return said('is not there')
  if (anchor === undefined) return []
  const there = ALL.find((one) => one.path === target)?.anchors.has(anchor)
  return there ? [] : said('has no such heading')
}

/** What stands in backticks and looks like a flag, a variable or a file of ours. */
function unknownWords({ path }: Page, { line, text }: { line: number; text: string }): string[] {
  const said = (word: string, what: string) => [`${path}:${line} \`${text}\`: no ${what} ${word}`]
  const [flag] = /^--[a-z][\w-]*/.exec(text) ?? []
  if (flag && !flags.has(flag) && !FOREIGN_FLAGS.has(flag)) return said(flag, 'flag')
  const [variable] = /^(?:METALLB|FERRULE)_[A-Z_]+/.exec(text) ?? []
  if (variable && !variables.has(variable)) return said(variable, 'variable')
  const isFile = /^(?:src|test|docs|manifests|templates|charts|images|bench)\/[\w./*{},-]*$/
  if (isFile.test(text) && find(text).length === 0) return said(text, 'file')
  return []
}

function checkYaml(block: Block, page: Page): void {
  if (!isObjects(block)) {
    assert.equal(wrongFile(block, filesOf(page)), undefined)
    return
  }
  const objects = objectsOf(block)
  const name = fileNameOf(block)
  if (name !== undefined && isOurs(name)) {
    assert.deepEqual(objects, objectsOf({ ...block, text: read(name) }), `${name} is another`)
  }
  assert.ok(objects.length > 0, 'there is no object in it')
  // One page of the reference shows one kind: what it refers to stands on another.
  const isReference = page.path.startsWith('docs/reference/')
  const context = isReference
    ? ALL.filter(({ path }) => path.startsWith('docs/reference/'))
    : [page]
  const others = context.flatMap(({ blocks }) => blocks).filter(isObjects)
  const problems = problemsOf(
    block,
    others.filter((one) => one !== block),
  )
  const standing = problems.filter(({ transient }) => !isReference || !transient)
  none(standing.map(printProblem), 'what `ferrule check` says')
}

async function checkConsole(block: Block, page: Page): Promise<void> {
  const typed = typedIn(block)
  if (typeof typed === 'string') assert.fail(typed)
  const wrong: string[] = []
  for (const { line, text } of typed) {
    for (const command of commandsIn(text)) {
      const why = await wrongCommand(command, filesOf(page))
      if (why) wrong.push(`${page.path}:${line} ${text}: ${why}`)
    }
  }
  none(wrong, 'commands')
}

/** Of a program alone, or of `ferrule …`, nothing can be said. */
const COMMAND = /^(?:npx ferrule|ferrule|kubectl|make|npm|helm|docker|vtysh) [^…]/

async function wrongInSentences(page: Page): Promise<string[]> {
  const wrong: string[] = []
  for (const { line, text } of page.code.filter((found) => COMMAND.test(found.text))) {
    // In a table the pipe is escaped.
    for (const command of commandsIn(text.replaceAll('\\|', '|'))) {
      const why = await wrongCommand(command, filesOf(page))
      if (why) wrong.push(`${page.path}:${line} \`${text}\`: ${why}`)
    }
  }
  return wrong
}

/** Files whose content the page shows. */
const filesOf = (page: Page): string[] =>
  page.blocks.map(fileNameOf).filter((name) => name !== undefined)
