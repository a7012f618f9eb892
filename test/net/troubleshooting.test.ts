// The commands that guides name for finding a fault, run in FRR as a speaker configures it and on a router
// beside it: each of the page is run, and prints what the page says.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Frr } from '../../src/lab/frr.ts'
import { eventually } from '../support/eventually.ts'
import { commandsUnder } from '../support/troubleshooting-page.ts'
import { openDemoPair } from './support/demo-pair.ts'
import { assertThere, frrVersions, skipOf } from './support/frr-versions.ts'

const V4 = '198.51.100.1/32'
const V6 = '2001:db8:64::/128'
const NODE = '192.0.2.11'
const PATIENCE_MS = 60_000

/** What a command of the page shall print, and shall not; its placeholders are filled in below. */
interface Expected {
  readonly prints: readonly RegExp[]
  readonly not?: RegExp
}
type Expectations = Readonly<Record<string, Expected>>

const isV4: Expected = {
  prints: [/^ ?\*> +198\.51\.100\.1\/32 +0\.0\.0\.0 +0 +32768 i$/m],
  not: /2001/,
}
const isV6: Expected = { prints: [/^ ?\*> +2001:db8:64::\/128\s+:: +0 +32768 i$/m], not: /198\.51/ }
const hasRoute: Expected = { prints: [/^ ?\*> +198\.51\.100\.1\/32 +192\.0\.2\.11 .* 64513 i$/m] }

/** r1 is there, r2 is not: every command has to show the one and the other. */
const ON_NODE: Expectations = {
  'show running-config': {
    prints: [
      /^router bgp 64513$/m,
      /^ neighbor 192\.0\.2\.1 remote-as 64512$/m,
      /^ neighbor 192\.0\.2\.1 description r1$/m,
      /^ neighbor 192\.0\.2\.1 bfd profile fast$/m,
      /^ neighbor 2001:db8:2::2 remote-as 64512$/m,
      /^ address-family ipv4 unicast\n {2}network 198\.51\.100\.1\/32 /m,
      /^ address-family ipv6 unicast\n {2}network 2001:db8:64::\/128 /m,
      /^route-map 192\.0\.2\.1-out permit /m,
      /^bfd\n profile fast\n/m,
    ],
  },
  'show bgp summary': {
    prints: [
      /^IPv4 Unicast Summary/m,
      /^IPv6 Unicast Summary/m,
      /^192\.0\.2\.1 +4 +64512 +[1-9].* 0 +1 r1$/m,
      /^192\.0\.2\.2 +4 +64512 +0 +0 .* never +(?:Active|Connect|Idle) +0 r2$/m,
      /^2001:db8:2::1 .* 0 +1 r1-v6$/m,
    ],
  },
  'show bgp ipv4 unicast': isV4,
  'show bgp ipv6 unicast': isV6,
  'show bgp ipv4 unicast PREFIX': {
    prints: [/Advertised to non peer-group peers:\n {2}192\.0\.2\.1\n/],
    not: /192\.0\.2\.2/,
  },
  'show bgp ipv6 unicast PREFIX': {
    prints: [/Advertised to non peer-group peers:\n {2}2001:db8:2::1\n/],
    not: /2001:db8:2::2/,
  },
  'show bgp ipv4': isV4,
  'show bgp ipv6': isV6,
  'show bgp neighbor': {
    prints: [
      /^BGP neighbor is 192\.0\.2\.1, remote AS 64512/m,
      /BGP state = Established, up for/,
      /BGP state = (?:Active|Connect|Idle)/,
      /Last reset \d\S+, +\S/,
    ],
  },
  'show bfd peers brief': {
    prints: [
      /^Session count: 4$/m,
      /^\d+ +192\.0\.2\.11 +192\.0\.2\.1 +up *$/m,
      /^\d+ +\S+ +192\.0\.2\.2 +down *$/m,
    ],
  },
  'show bfd peer': { prints: [/peer 192\.0\.2\.1 local-address 192\.0\.2\.11/, /Status: up/] },
  'show log': { prints: [/^Logging configuration for bgpd:$/m, /^Stdout logging: level info/m] },
}

const ON_ROUTER: Expectations = {
  'show bgp summary': { prints: [/^192\.0\.2\.11 +4 +64513 .* 1 +0 n1$/m] },
  'show ip bgp summary': { prints: [/^192\.0\.2\.11 +4 +64513 .* 1 +0 n1$/m], not: /IPv6/ },
  'show bgp ipv4 unicast': hasRoute,
  'show ip bgp': hasRoute,
  'show ip bgp neighbors NODE received-routes': hasRoute,
  'show bgp neighbors NODE received-routes': {
    prints: [/^% No such neighbor or address family$/m],
  },
  'show bgp ipv4 unicast neighbors NODE received-routes': hasRoute,
  'show log | include BGP': { prints: [/^Protocol name: BGP$/m], not: /Established/ },
}

const filled = (command: string): string =>
  command.replace('PREFIX', command.includes('ipv6') ? V6 : V4).replace('NODE', NODE)

test('the page and this test know the same commands', () => {
  assert.deepEqual(commandsUnder('On a node'), Object.keys(ON_NODE))
  assert.deepEqual(commandsUnder('On a router that runs FRR'), Object.keys(ON_ROUTER))
})

for (const version of await frrVersions()) {
  suite(`finding a fault with ${version.name}`, { skip: skipOf(version) }, () => {
    const stack = new AsyncDisposableStack()
    let node: Frr
    let router: Frr
    before(async () => {
      assertThere(version)
      const opened = await openDemoPair(version, stack)
      node = opened.node
      router = opened.router
    })
    after(() => stack.disposeAsync())

    for (const [command, expected] of Object.entries(ON_NODE)) {
      test(`on the node: ${command}`, () => prints(node, command, expected))
    }
    for (const [command, expected] of Object.entries(ON_ROUTER)) {
      test(`on the router: ${command}`, () => prints(router, command, expected))
    }
  })
}

async function prints(frr: Frr, command: string, { prints: all, not }: Expected): Promise<void> {
  await eventually(async () => {
    const text = await frr.vtysh(filled(command))
    for (const one of all) assert.match(text, one)
    if (not) assert.doesNotMatch(text, not)
  }, PATIENCE_MS)
}
