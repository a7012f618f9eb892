// The checks of docs.test.ts are only as good as what reads the pages.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fits, typedIn } from './support/docs/console.ts'
import { standInFor } from './support/docs/kubelet-lines.ts'
import { parsePage } from './support/docs/page.ts'
import { wrongCommand } from './support/docs/programs.ts'
import { commandsIn } from './support/docs/shell.ts'
import { tierOf, vtyshIn } from './support/docs/tiers.ts'
import { problemsOf } from './support/docs/yaml-blocks.ts'

const PAGE = `# A page: of \`code\` & more

See [there](a.md#b), \`not [this](x)\`.

- An item

    with more of it

Text

    indented code

## Twice
## Twice
- a list
  \`\`\`console
  $ ferrule status
  all is well
  \`\`\`
`

test('a page is taken apart', () => {
  const { blocks, anchors, links, code, indented } = parsePage('p.md', PAGE)
  assert.deepEqual(
    blocks.map(({ line, lang, text, section }) => [line, lang, text, section]),
    [[16, 'console', '$ ferrule status\nall is well', 'Twice']],
  )
  assert.deepEqual([...anchors], ['a-page-of-code--more', 'twice', 'twice-1'])
  assert.deepEqual(links, [{ line: 3, text: 'a.md#b' }])
  assert.deepEqual(code.at(-1), { line: 3, text: 'not [this](x)' })
  assert.deepEqual(
    indented.map(({ text }) => text.trim()),
    ['indented code'],
  )
  assert.throws(() => parsePage('p.md', '```text\n'), /p\.md:1: the block has no end/)
})

for (const [line, expected] of [
  ['a b  c # d', [['a', 'b', 'c']]],
  [`a 'b c' "d \\" e" f\\ g`, [['a', 'b c', 'd " e', 'f g']]],
  [`a -o x='{.x[0]}' --y="z w"`, [['a', '-o', 'x={.x[0]}', '--y=z w']]],
  ['a | b && c; d || e', [['a'], ['b'], ['c'], ['d'], ['e']]],
  ['X=1 a 2>&1 | b > f 2>/dev/null', [['a'], ['b']]],
  ['a \\\n  b \\\n  c', [['a', 'b', 'c']]],
  [
    'a "$(b c)" $(d e)',
    [
      ['a', '$(b c)', '$(d e)'],
      ['b', 'c'],
      ['d', 'e'],
    ],
  ],
  ["a '' b", [['a', '', 'b']]],
] as const) {
  test(`reading a line: ${line}`, () => {
    assert.deepEqual(
      commandsIn(line).map(({ argv }) => argv),
      expected,
    )
  })
}

test('what is too much for a page is refused', () => {
  for (const line of ['(a; b)', 'a &', "a <<'EOF'"]) assert.throws(() => commandsIn(line), line)
})

test('files of < and > are known', () => {
  assert.deepEqual(commandsIn('a < b > c')[0]!.files, ['b', 'c'])
})

const blockOf = (text: string, lang = 'console') => ({
  ...{ page: 'p.md', line: 1, lang, text, section: '' },
})

test('commands and what they print', () => {
  const typed = typedIn(blockOf('$ a \\\n  b\nsaid\n\nmore\n\n$ c'))
  assert.deepEqual(typed, [
    { page: 'p.md', line: 2, text: 'a \\\n  b', prints: ['said', '', 'more'] },
    { page: 'p.md', line: 8, text: 'c', prints: [] },
  ])
  assert.equal(typeof typedIn(blockOf('a b')), 'string')
  assert.equal(typeof typedIn(blockOf('')), 'string')
})

for (const [shown, printed, expected] of [
  ['a b', 'a   b\n', true],
  ['a …', 'a b c', true],
  ['a … d', 'a b c', false],
  ['a\n…\nd', 'a\nb\nc\nd', true],
  ['a\n…\nd', 'a\nd', true],
  ['a\nd', 'a\nb\nd', false],
  ['a\n…', 'b\na', false],
  ['a.b', 'axb', false],
] as const) {
  test(`${JSON.stringify(shown)} ${expected ? 'is' : 'is not'} ${JSON.stringify(printed)}`, () => {
    assert.equal(fits(shown.split('\n'), printed), expected)
  })
}

for (const [line, wrong] of [
  ['ferrule status --watch', undefined],
  ['npx ferrule explain service default/web --objects DIR', undefined],
  ['ferrule statu', /no command/],
  ['ferrule status --wach', /did you mean --watch/],
  ['ferrule speaker --port x', /is not a port/],
  ["ferrule lab exec r1 -- vtysh --nothing-of-ours 'x'", undefined],
  ['ferrule lab upp', /does not know "upp"/],
  ['ferrule lab up --full', /no flag --full/],
  ['make demo', undefined],
  ['make coffee', /no target/],
  ['npm run generate', undefined],
  ['npm run nothing', /no "npm run nothing"/],
  ['kubectl apply -k manifests', undefined],
  ['kubectl apply -f mine.yaml', undefined],
  ['kubectl apply -f yours.yaml', /no yours\.yaml/],
  ['kubectl -n metallb-system logs -f deployment/controller', undefined],
  ['kubectl -n metallb-system aply -f FILE', /kubectl has no "aply"/],
  ['npx something-else', /fetched from elsewhere/],
  ['rm -rf x', /nobody here knows/],
] as const) {
  test(`checking: ${line}`, async () => {
    const said = await wrongCommand(commandsIn(line)[0]!, ['mine.yaml'])
    if (wrong === undefined) assert.equal(said, undefined)
    else assert.match(said ?? '', wrong)
  })
}

for (const [text, tier] of [
  ['kubectl get pods | grep x', 'kube'],
  ['npx ferrule explain default/web', 'kube'],
  ['npx ferrule plan --objects DIR', 'offline'],
  ['ferrule check --objects DIR --watch', 'named'],
  ['ferrule speaker --objects DIR', 'named'],
  ["vtysh -c 'show bgp summary'", 'net'],
  ['make demo', 'lab'],
  ["npx ferrule lab exec r1 -- vtysh -c 'show bgp'", 'lab'],
  ['make test', 'named'],
] as const) {
  test(`who runs "${text}"`, () => assert.equal(tierOf({ page: 'p.md', text }), tier))
}

for (const [text, args, container] of [
  ['kubectl get pods', undefined, undefined],
  ['kubectl exec -n a POD -c frr -- vtysh -n x', 'get -n a pod POD', 'frr'],
  ['kubectl -n a logs -f POD --since=5m | grep x', 'get -n a pod POD', undefined],
  ['kubectl logs -n a -l app=b --tail=5', 'get -n a pods -l app=b', undefined],
  ['kubectl -n a port-forward deploy/b 1:2', 'get -n a deploy/b', undefined],
  ['kubectl rollout status -n a daemonset speaker', 'get -n a daemonset speaker', undefined],
  ['kubectl wait pod -n a -l app=b --for=condition=Ready', 'get -n a pod -l app=b', undefined],
] as const) {
  test(`what stands for "${text}"`, () => {
    const standIn = standInFor(text)
    const asked = standIn?.args.slice(0, -2).join(' ')
    assert.deepEqual([asked, standIn?.container], [args, container])
  })
}

test('what vtysh is told', () => {
  assert.deepEqual(vtyshIn("kubectl exec POD -c frr -- vtysh -c 'show a' -c 'show b' | grep x"), [
    ['show a', 'show b'],
  ])
  assert.deepEqual(vtyshIn('kubectl exec POD -c frr -- ls'), [])
})

const yaml = (kind: string, name: string, spec: string) =>
  blockOf(
    `apiVersion: metallb.io/v1beta1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: metallb-system }\nspec: ${spec}`,
    'yaml',
  )

test('a block stands alone, or beside the others of its page', () => {
  const ad = yaml('BGPAdvertisement', 'a', '{ communities: [mine] }')
  const alias = yaml('Community', 'c', '{ communities: [{ name: mine, value: "64500:1" }] }')
  assert.equal(problemsOf(ad, []).length, 1)
  assert.equal(problemsOf(ad, [alias]).length, 0)
  const pool = yaml('IPAddressPool', 'p', '{ addresses: [192.0.2.0/24] }')
  const other = yaml('IPAddressPool', 'q', '{ addresses: [192.0.2.0/24] }')
  assert.equal(problemsOf(pool, [other]).length, 0)
  assert.equal(problemsOf(yaml('IPAddressPool', 'p', '{ adresses: [] }'), []).length, 2)
})
