// Facts about the code base that no compiler checks. Facts only: whatever takes taste is for review.
import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { generatedFiles, staleFiles } from '../src/cmd/generate.ts'
import { find, importsOf, ROOT, read, withoutComments } from './support/source.ts'

const isTest = (path: string) => path.endsWith('.test.ts')
const SOURCES = find('src/**/*.ts').filter((path) => !isTest(path))
const TESTS = find('src/**/*.test.ts', 'test/**/*.test.ts')

/** One message with every offender: fixing them one by one would take as many runs. */
function none(offenders: readonly string[], what: string) {
  assert.deepEqual(offenders, [], `${what}:\n  ${offenders.join('\n  ')}\n`)
}

test('generated files are fresh (npm run generate)', async () => {
  none(
    (await staleFiles(ROOT, generatedFiles())).map(({ path }) => path),
    'stale files',
  )
})

// Who imports whom. A folder sees the folders of lower rows, and itself.
const ROWS = [
  ['net', 'describe'],
  ['api'],
  ['config'],
  ['ipam', 'render'],
  ['reconciler'],
  [
    'log',
    'version',
    'kube',
    'frr',
    'l2',
    'membership',
    'metrics',
    'webhook',
    'operator',
    'status',
    'lab',
  ],
  ['cmd'],
  ['main'],
]
/** `src/api/crd.ts` → `api`; `src/main.ts` → `main`. */
const areaOf = (path: string) => path.split('/')[1]!.replace(/\.ts$/, '')
const rowOf = (path: string) => ROWS.findIndex((row) => row.includes(areaOf(path)))
const EDGES = rowOf('src/kube/')

test('every folder of src has its row', () => {
  none([...new Set(SOURCES.filter((path) => rowOf(path) < 0).map(areaOf))], 'folders without one')
})

test('imports point downwards', () => {
  const upwards = SOURCES.flatMap((path) =>
    importsOf(path)
      .filter(({ from, typeOnly }) => from.startsWith('src/') && !mayImport(path, from, typeOnly))
      .map(({ from }) => `${path} imports ${from}`),
  )
  none(upwards, 'imports that point up or across')
})

function mayImport(path: string, from: string, typeOnly: boolean): boolean {
  if (areaOf(path) === areaOf(from) || rowOf(from) < rowOf(path)) return true
  // Edges meet in cmd; only their types may cross. The log is handed down to them.
  return typeOnly && rowOf(path) === EDGES && rowOf(from) === EDGES
}

// The pure files of the rows that touch the world. Below those rows every file is pure, but the loop.
const PURE_EDGES = find(
  'src/kube/{snapshot,reflect,resources,api-error,exact-json,store,slim,kind-copy,slice-index,outages,election,event-book,unread}.ts',
  'src/frr/{tree,diff,observe,classes,networks,drift,conf-sessions}.ts',
  'src/l2/{bytes,mac,frame,drops,arp,ndp,table,answer,packet-budget,link-queue,gratuitous,conflicts}.ts',
  'src/l2/{exclusion,links,rtnetlink,packet-filter,orders,counters,slots,wanted,standing-conflicts}.ts',
  'src/membership/{message,drop,msgpack,fields,bodies,compress,lzw,wire,input,stream,seal,key}.ts',
  'src/membership/{swim,event,timing,ring,rules,broadcasts,order,probe,relay,gossip,exchange,suspicion,hold,watch,detector,settings,endpoint,seeds}.ts',
  'src/metrics/{metric,catalogue,session-catalogue,reference}.ts',
  'src/webhook/{review,references,convert,bad-request,ca-bundle,chain,patience,tls-settings,der}.ts',
  'src/operator/{objects,settings,setting,place,spots,image,component-settings,speaker-settings,monitoring-settings,network-settings}.ts',
  'src/operator/{chart,chart-template,chart-tokens,chart-values,chart-foreign,chart-page,chart-edits,chart-refusals,yaml-places,install-file,install-order}.ts',
  'src/operator/{standing,takeover,rollout,conditions,installation,plan,mending}.ts',
  'src/status/{status-report,role-status,report,speaker-report,controller-report,announced,headline,listed,troubles,changes,memory}.ts',
  'src/lab/{topology,containerlab,pod,pod-environment,pod-security,pod-volumes,pod-backoff,route-line}.ts',
)
const PURE = [
  ...SOURCES.filter((path) => rowOf(path) < EDGES && path !== 'src/reconciler/loop.ts'),
  ...PURE_EDGES,
]
/** Modules without clients, sockets, files or timers; of some only these functions. */
const HARMLESS = new Map<string, readonly string[] | 'all'>([
  ['zod', 'all'],
  ['yaml', 'all'],
  ['handlebars', 'all'],
  ['node:assert/strict', 'all'],
  ['node:net', ['isIP', 'isIPv4', 'isIPv6']],
  ['node:zlib', ['crc32']],
  ['node:crypto', ['createCipheriv', 'createDecipheriv', 'createHash', 'hash', 'X509Certificate']],
])

test('pure files load nothing that touches the world', () => {
  none(
    PURE.flatMap((path) => worldOf(path).map((what) => `${path}: ${what}`)),
    'imports of a pure file, or of a file it loads',
  )
})

function worldOf(path: string, seen = new Set<string>()): string[] {
  if (seen.has(path)) return []
  seen.add(path)
  return importsOf(path)
    .filter(({ typeOnly }) => !typeOnly)
    .flatMap(({ from, names }) => {
      if (from.startsWith('src/')) return worldOf(from, seen)
      const allowed = HARMLESS.get(from) ?? []
      if (allowed === 'all') return []
      if (names.length > 0 && names.every((name) => allowed.includes(name))) return []
      return [`${from} in ${path}`]
    })
}

const WORLD =
  /\b(?:set(?:Timeout|Interval|Immediate)|Date\.now|new Date\(\)|performance\.now|Math\.random|console\.\w+|process\.\w+|fetch\()/

test('pure files take the time and everything else as arguments', () => {
  const found = PURE.flatMap((path) => {
    const match = WORLD.exec(withoutComments(read(path)))
    return match ? [`${path}: ${match[0]}`] : []
  })
  none(found, 'pure files that look at the world')
})

test('no file or folder is named after nothing', () => {
  const nothing = /^(?:utils?|helpers?|common|types?|constants?|index|misc|lib)$/
  const files = find('{src,test,bench}/**/*.ts')
  none(
    files.filter((path) => path.split('/').some((part) => nothing.test(part.split('.')[0]!))),
    'names that say nothing',
  )
})

test('every source file opens by saying what it owns', () => {
  const silent = SOURCES.filter((path) => !/^(?:#!.*\n)?\/[/*]/.test(read(path)))
  none(silent, 'files that do not open with a comment')
})

test('tests wait for conditions, not for time', () => {
  const sleeps = /\b(?:setTimeout|setInterval|sleep)\s*\(|node:timers|scheduler\.wait/
  none(
    TESTS.filter((path) => path !== 'test/tidy.test.ts').filter((path) =>
      sleeps.test(withoutComments(read(path))),
    ),
    'tests that sleep (use eventually)',
  )
})

test('every template partial is used', () => {
  const templates = find('templates/**/*.hbs')
  const used = new Set(
    templates.flatMap((path) =>
      [...read(path).matchAll(/\{\{~?#?>\s*([\w-]+)/g)].map(([, name]) => name),
    ),
  )
  const partials = templates.filter((path) => path.includes('/partials/'))
  none(
    partials.filter((path) => !used.has(basename(path, '.hbs'))),
    'partials nobody includes',
  )
  assert.ok(partials.length > 0, 'no partials found: do the templates stand elsewhere now?')
})

// The checks above are only as good as what reads the source.
for (const [name, text, expected] of [
  ['a value', `import { a, b as c } from './x.ts'`, 'src/net/x.ts a,b'],
  ['a type', `import type { A } from '../api/x.ts'`, 'src/api/x.ts A type'],
  ['types one by one', `import { type A, type B } from 'x'`, 'x A,B type'],
  ['a type beside a value', `import { type A, b } from 'x'`, 'x A,b'],
  ['several lines', `import {\n  a,\n  b,\n} from 'x'`, 'x a,b'],
  ['a default', `import pino from 'pino'`, 'pino'],
  ['a whole module', `import * as fs from 'node:fs'`, 'node:fs'],
  ['an effect', `import './x.ts'`, 'src/net/x.ts'],
  ['a re-export', `export { a } from './x.ts'`, 'src/net/x.ts a'],
  ['a late import', `const x = await import('./x.ts')`, 'src/net/x.ts'],
  ['a comment', `// import { a } from 'x'\n/*\nimport 'y'\n*/`, ''],
  ['a comment sign in a string', `const a = 'http://x'\nimport { b } from 'y'`, 'y b'],
] as const) {
  test(`reading imports: ${name}`, () => {
    const printed = importsOf('src/net/here.ts', text).map(({ from, names, typeOnly }) =>
      [from, names.join(','), typeOnly ? 'type' : ''].filter(Boolean).join(' '),
    )
    assert.equal(printed.join('\n'), expected)
  })
}
