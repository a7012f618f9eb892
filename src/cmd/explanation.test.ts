import assert from 'node:assert/strict'
import test from 'node:test'
import type { ServiceDecision } from '../reconciler/controller.ts'
import type { Explanation, HeardBy, NodeExplanation } from '../reconciler/explain.ts'
import { type Beside, printExplanation } from './explanation.ts'

const decision = (fields: Partial<ServiceDecision>): ServiceDecision => ({
  ...{ key: 'default/web', identity: 'web', type: 'LoadBalancer', terms: '' },
  ...{ addresses: [], fresh: [], considered: [], deprecated: [] },
  ...fields,
})
const HELD = decision({ addresses: ['192.0.2.1'], pool: 'a' })

const heard = (peer: string, more: Partial<HeardBy> = {}): HeardBy => ({
  ...{ peer, neighbor: '10.0.0.1', remoteAs: '64512', advertisements: ['ad'] },
  ...{ communities: [], largeCommunities: [], ...more },
})
const announcing = (node: string, ...peers: HeardBy[]): NodeExplanation => ({
  ...{ node, announced: true, routes: [{ prefix: '192.0.2.1/32', peers, notTo: [] }] },
})
const silent = (node: string): NodeExplanation => ({
  ...{ node, announced: false, because: 'noEndpoints', sentence: 'no usable endpoint anywhere' },
  routes: [],
})

function print(explanation: Partial<Explanation>, beside: Partial<Beside> = {}): string[] {
  const whole = { service: 'default/web', allocation: HELD, nodes: [], ...explanation }
  const none = { problems: [], unread: [], isLive: true }
  return printExplanation(whole, { ...none, ...beside }).split('\n')
}

test('from the address to every peer of a node', () => {
  const nodes = [announcing('n1', heard('r1', { localPref: 200, communities: ['64512:1'] }))]
  assert.deepEqual(print({ nodes }), [
    'Service default/web',
    '',
    'Address: 192.0.2.1 from pool a',
    '',
    'Node n1: announced over BGP',
    '  192.0.2.1/32',
    '    PEER  NEIGHBOR  AS     LOCAL-PREF  COMMUNITIES  ADVERTISEMENT',
    '    r1    10.0.0.1  64512  200         64512:1      ad',
  ])
})

test('nodes of which the same is to be said are named together', () => {
  const nodes = [silent('n1'), announcing('n2', heard('r1')), silent('n3'), announcing('n4')]
  const titles = print({ nodes }).filter((line) => line.startsWith('Node'))
  assert.deepEqual(titles, [
    'Nodes n1, n3: not announced, no usable endpoint anywhere',
    'Node n2: announced over BGP',
    'Node n4: announced over BGP',
  ])
})

test('a table too wide for the terminal becomes a paragraph for each peer', () => {
  const communities = Array.from({ length: 12 }, (_, at) => `64512:${at}`)
  const lines = print({ nodes: [announcing('n1', heard('r1', { communities }), heard('r2'))] })
  assert.deepEqual(lines.slice(-3), [
    '    PEER r1, NEIGHBOR 10.0.0.1, AS 64512, COMMUNITIES 64512:0 64512:1 64512:2 64512:3 64512:4',
    '      64512:5 64512:6 64512:7 64512:8 64512:9 64512:10 64512:11, ADVERTISEMENT ad',
    '    PEER r2, NEIGHBOR 10.0.0.1, AS 64512, ADVERTISEMENT ad',
  ])
})

test('no line is longer than a hundred columns', () => {
  const sentence = 'a very long sentence '.repeat(9).trim()
  const lost = { because: 'otherAddressWanted', sentence, subject: '', addresses: ['192.0.2.9'] }
  const message = sentence
  const problem = { kind: 'BGPPeer', namespace: 'n', name: 'r1', path: '', code: 'x', message }
  const many = Array.from({ length: 60 }, (_, at) => silent(`node-${at}`))
  const allocation = decision({ sentence, lost } as Partial<ServiceDecision>)
  const beside = { problems: [problem], unread: [{ ...problem, kind: 'API' }] }
  const lines = print({ nodes: many, allocation }, beside)
  assert.deepEqual(
    lines.filter((line) => line.length > 100),
    [],
  )
})

test('an address that a cluster is to get is not shown as one it has; in a folder it is', () => {
  const allocation = decision({ addresses: ['192.0.2.1'], fresh: ['192.0.2.1'], pool: 'a' })
  assert.deepEqual(print({ allocation }).slice(2, 4), [
    'Address: <pending>',
    '  the controller is to give it 192.0.2.1 from pool a, and has not yet',
  ])
  const inFolder = print({ allocation }, { isLive: false })
  assert.equal(inFolder[2], 'Address: 192.0.2.1 from pool a')
  assert.doesNotMatch(inFolder.join('\n'), /has not yet/)
})

test('of two addresses the one that is due is told apart', () => {
  const addresses = ['192.0.2.1', '2001:db8::1']
  const allocation = decision({ addresses, fresh: ['2001:db8::1'], pool: 'a' })
  assert.deepEqual(print({ allocation }).slice(2, 4), [
    'Address: 192.0.2.1 from pool a',
    '  the controller is to give it 2001:db8::1 from pool a, and has not yet',
  ])
})

test('why it is pending, pool by pool', () => {
  const because = 'noPoolFits'
  const sentence = 'no pool has an address for the Service'
  const considered = [{ pool: 'a', because: 'exhausted' } as const]
  const allocation = decision({ because, sentence, considered })
  assert.deepEqual(print({ allocation }).slice(2, 5), [
    'Address: <pending>',
    '  no pool has an address for the Service',
    '  pool a: all addresses of the pool are in use',
  ])
})

test('an address that has to be given up is named with the reason', () => {
  const sentence = 'no pool holds the address: 192.0.2.9'
  const lost = { because: 'addressNotInPool', sentence, subject: '', addresses: ['192.0.2.9'] }
  const allocation = decision({ lost } as Partial<ServiceDecision>)
  assert.equal(print({ allocation })[3], `  to be given up: 192.0.2.9; ${sentence}`)
})

test('a Service of somebody else, and no node to ask about', () => {
  const { allocation: _ours, ...rest } = { service: 'default/web', allocation: HELD, nodes: [] }
  const lines = printExplanation(rest, { problems: [], unread: [], isLive: true }).split('\n')
  assert.equal(lines[2], 'Address: none; this Service is not ours to serve.')
  assert.equal(lines.at(-1), 'No node is known; ask about one with --node NAME.')
})

test('what could not be read stands apart from what is wrong', () => {
  const ref = { namespace: '', path: '', code: 'forbidden' }
  const unread = [{ ...ref, kind: 'API', name: 'secrets', message: 'passwords are not known' }]
  const problems = [{ ...ref, kind: 'BGPPeer', name: 'r1', path: 'spec.x', message: 'is bad' }]
  const lines = print({}, { unread, problems })
  assert.deepEqual(lines.slice(-6), [
    'What you may not read, and what that means here:',
    '  secrets: passwords are not known',
    '',
    'Objects that do not count as they are written:',
    '  BGPPeer r1 spec.x: is bad',
    'Roles that run keep what such an object said before, while it made sense.',
  ])
})

test('a reason that might be another one, had everything been read, is told as such', () => {
  const ref = { kind: 'API', namespace: '', path: '', code: 'forbidden', message: 'no' }
  const unread = [{ ...ref, name: 'nodes' }]
  const routes = announcing('n1', heard('r1')).routes.map((route) => ({
    ...route,
    notTo: [{ peer: 'r2', because: 'nodeNotSelected', sentence: 'left out' } as const],
  }))
  const nodes = [{ ...announcing('n1'), routes }, silent('n2')]
  const lines = print({ nodes }, { unread })
  assert.ok(lines.includes('    not to r2: left out (in doubt: nodes could not be read)'))
  assert.ok(lines.includes('Node n2: not announced, no usable endpoint anywhere'))
  assert.ok(print({ nodes }).includes('    not to r2: left out'))
})

test('a pool that is for other namespaces may be for this one', () => {
  const ref = { kind: 'API', namespace: '', path: '', code: 'forbidden', message: 'no' }
  const considered = [{ pool: 'a', because: 'namespaceNotSelected' } as const]
  const allocation = decision({ considered })
  const lines = print({ allocation }, { unread: [{ ...ref, name: 'namespaces' }] })
  assert.match(lines[3] ?? '', /pool a: .* \(in doubt: namespaces could not be read\)$/)
})

const OTHER = {
  ...{ answers: false, interfaces: [], because: 'otherOwner' as const },
  sentence: 'another node is elected',
}
const answering = (node: string, ...interfaces: string[]) => ({ node, answers: true, interfaces })

test('who answers on layer 2, where, and why the others do not', () => {
  const nodes = [
    { node: 'n1', ...OTHER },
    answering('n2', 'eth0', 'eth1'),
    { node: 'n3', ...OTHER },
  ]
  const lines = print({ nodes: [silent('n1')], layer2: { owner: 'n2', isAssumed: true, nodes } })
  assert.deepEqual(lines.slice(-5), [
    'Node n1: not announced over BGP, no usable endpoint anywhere',
    '',
    'Layer 2: node n2 answers, on eth0, eth1',
    '  Nodes n1, n3: another node is elected',
    '  This assumes that the speaker of every node lives; which ones do, they tell only each other.',
  ])
})

test('who lives is known: nothing is assumed; no list of interfaces is all of them', () => {
  const layer2 = { owner: 'n2', isAssumed: false, nodes: [answering('n2')] }
  assert.equal(
    print({ nodes: [silent('n1')], layer2 }).at(-1),
    'Layer 2: node n2 answers, on all its interfaces',
  )
})

test('asked about another node only, the owner is named; where there is none, that is said', () => {
  const nodes = [{ node: 'n1', ...OTHER }]
  const lines = print({ nodes: [silent('n1')], layer2: { owner: 'n2', isAssumed: true, nodes } })
  assert.equal(lines.at(-3), 'Layer 2: node n2 is elected to answer')
  const nobody = print({ nodes: [silent('n1')], layer2: { isAssumed: true, nodes } }).slice(-2)
  assert.deepEqual(nobody, ['Layer 2: no node answers', '  Node n1: another node is elected'])
})

for (const [said, expected] of [
  [undefined, /^$/],
  [['n2'], /^$/],
  [[], /^ {2}No node says that it answers \(no ServiceL2Status does\)\.$/],
  [['n1'], /^ {2}Node n1 says that it answers \(ServiceL2Status\)\. With --l2-ownership/],
  [['n1', 'n2'], /^ {2}Nodes n1, n2 say that they answer \(ServiceL2Status\)\./],
] as [string[] | undefined, RegExp][]) {
  test(`what nodes say is told where it is not what is elected: ${said ?? 'not known'}`, () => {
    const layer2 = { owner: 'n2', isAssumed: false, nodes: [answering('n2')] }
    const lines = print({ layer2: { ...layer2, ...(said && { answering: said }) } })
    const at = lines.indexOf('Layer 2: node n2 answers, on all its interfaces')
    assert.match(lines[at + 1] ?? '', expected)
  })
}

test('an owner is in doubt where advertisements of layer 2 could not be read', () => {
  const ref = { kind: 'API', namespace: '', path: '', code: 'forbidden', message: 'no' }
  const layer2 = { owner: 'n2', isAssumed: false, nodes: [{ node: 'n1', ...OTHER }] }
  const unread = [{ ...ref, name: 'l2advertisements' }]
  const lines = print({ layer2 }, { unread })
  const line = lines.find((one) => one.startsWith('  Node n1'))
  assert.match(line!, /elected \(in doubt: l2advertisements could not be read\)$/)
  const bgp = print({ layer2 }, { unread: [{ ...ref, name: 'bgpadvertisements' }] })
  assert.ok(bgp.includes('  Node n1: another node is elected'))
})
