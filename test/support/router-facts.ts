// What the configuration of a router says about its nodes, read from the text of four makes: enough to see
// that they say the same. A fact that is missing, or said twice in different words, is an error.

export interface RouterFacts {
  readonly address: string
  readonly asn: string
  readonly nodeAsn: string
  /** `192.168.1.10 n1`, in the order written. */
  readonly nodes: readonly string[]
  /** What is let in: parts of this prefix, of this length alone. */
  readonly pool: string
  readonly length: string
  /** `64512:1100 → 200`: mark and preference. */
  readonly marks: readonly string[]
  readonly limit: string
  readonly paths: string
  /** Interval in, interval out, multiplier. */
  readonly bfd: readonly string[]
  readonly keepalive: string
  readonly hold: string
  readonly password: string
  readonly waitsForCalls: boolean
  readonly tellsNothing: boolean
}

export const MAKES: ReadonlyMap<string, (text: string) => RouterFacts> = new Map([
  ['frr', (text) => ({ ...likeFrr(text), ...ofFrr(text) })],
  ['bird', ofBird],
  ['cisco', (text) => ({ ...likeFrr(text), ...ofCisco(text) })],
  ['vyos', ofVyos],
])

/** The groups of the first match, which every other match must repeat. */
function groups(text: string, pattern: RegExp): readonly string[] {
  const found = [...text.matchAll(new RegExp(pattern, 'gm'))].map(([, ...all]) => all)
  const [first] = found
  if (!first) throw new Error(`no ${pattern} in it`)
  if (found.some((one) => one.join() !== first.join())) throw new Error(`${pattern}: ${found}`)
  return first
}

const one = (text: string, pattern: RegExp): string => groups(text, pattern)[0] ?? ''

const all = (text: string, pattern: RegExp): readonly (readonly string[])[] =>
  [...text.matchAll(new RegExp(pattern, 'gm'))].map(([, ...found]) => found)

const said = (text: string, pattern: RegExp): boolean => new RegExp(pattern, 'm').test(text)

/** `[list, value]` and `[list, preference]`, put together by the list's name. */
function marksOf(
  values: readonly (readonly string[])[],
  preferences: readonly (readonly string[])[],
): string[] {
  const byList = new Map(values.map(([list, value]) => [list, value]))
  return preferences.map(([list, preference]) => `${byList.get(list)} → ${preference}`)
}

/** What IOS-XE and FRR write in the same words. */
function likeFrr(text: string) {
  const [keepalive = '', hold = ''] = groups(text, /^ neighbor NODES timers (\d+) (\d+)$/)
  const [pool = '', length = ''] = groups(
    text,
    /^ip prefix-list SERVICES seq 10 permit (\S+) ge (\d+)$/,
  )
  // A clause: the list it asks for, and what it sets.
  const clauses = all(text, /^ match community (\S+)\n(?: match .*\n)? set local-preference (\d+)$/)
  return {
    asn: one(text, /^router bgp (\d+)$/),
    nodeAsn: one(text, /^ neighbor NODES remote-as (\d+)$/),
    nodes: all(text, /^ neighbor (\S+) peer-group NODES\n neighbor \1 description (n\d+)$/).map(
      (found) => found.join(' '),
    ),
    ...{ pool, length, keepalive, hold },
    marks: marksOf(
      all(text, /^(?:bgp|ip) community-list standard (\S+) (?:seq \d+ )?permit (\S+)$/),
      clauses,
    ),
    limit: one(text, /^ {2}neighbor NODES maximum-prefix (\d+) 75 restart 5$/),
    paths: one(text, /^ {2}maximum-paths (\d+)$/),
    password: one(text, /^ neighbor NODES password (\S+)$/),
    tellsNothing:
      said(text, /^route-map TO-NODES deny 10$/) &&
      !said(text, /^route-map TO-NODES permit/) &&
      said(text, /^ {2}neighbor NODES route-map TO-NODES out$/) &&
      said(text, /^ {2}neighbor NODES route-map FROM-NODES in$/),
  }
}

function ofFrr(text: string) {
  const profile = one(text, /^ neighbor NODES bfd profile (\S+)$/)
  if (!said(text, new RegExp(`^ profile ${profile}$`))) throw new Error(`no profile ${profile}`)
  return {
    address: one(text, /^ bgp router-id (\S+)$/),
    bfd: [
      one(text, /^ {2}receive-interval (\d+)$/),
      one(text, /^ {2}transmit-interval (\d+)$/),
      one(text, /^ {2}detect-multiplier (\d+)$/),
    ],
    waitsForCalls: said(text, /^ neighbor NODES passive$/),
  }
}

function ofCisco(text: string) {
  const [transmit = '', receive = '', multiplier = ''] = groups(
    text,
    /^ bfd interval (\d+) min_rx (\d+) multiplier (\d+)$/,
  )
  const address = one(text, /^ ip address (\S+) 255\.255\.255\.0$/)
  if (one(text, /^ bgp router-id (\S+)$/) !== address) throw new Error('another router-id')
  return {
    address,
    bfd: said(text, /^ neighbor NODES fall-over bfd$/) ? [receive, transmit, multiplier] : [],
    waitsForCalls: said(text, /^ neighbor NODES transport connection-mode passive$/),
  }
}

function ofBird(text: string): RouterFacts {
  const [address = '', asn = ''] = groups(text, /^ {2}local (\S+) as (\d+);$/)
  const neighbours = all(text, /^protocol bgp (\w+) from nodes \{ neighbor (\S+) as (\d+); \}$/)
  const [pool = '', length = ''] = groups(text, /if net !~ \[ (\S+)\{(\d+),\2\} \] then reject;/)
  if (one(text, /^router id (\S+);$/) !== address) throw new Error('another router id')
  return {
    ...{ address, asn, pool, length },
    nodeAsn: [...new Set(neighbours.map(([, , as]) => as))].join(),
    nodes: neighbours.map(([name, neighbour]) => `${neighbour} ${name}`),
    marks: all(text, /if \((\d+), (\d+)\) ~ bgp_community then bgp_local_pref = (\d+);/).map(
      ([high, low, preference]) => `${high}:${low} → ${preference}`,
    ),
    limit: one(text, /^ {4}import limit (\d+) action block;$/),
    paths: one(text, /^ {2}merge paths limit (\d+);$/),
    bfd: said(text, /^ {2}bfd on;$/)
      ? [
          one(text, /^ {4}min rx interval (\d+) ms;$/),
          one(text, /^ {4}min tx interval (\d+) ms;$/),
          one(text, /^ {4}multiplier (\d+);$/),
        ]
      : [],
    keepalive: one(text, /^ {2}keepalive time (\d+);$/),
    hold: one(text, /^ {2}hold time (\d+);$/),
    password: one(text, /^ {2}password "(\S+)";$/),
    waitsForCalls: said(text, /^ {2}passive on;$/),
    tellsNothing: said(text, /^ {4}export none;$/) && said(text, /^ {4}import filter from_nodes;$/),
  }
}

function ofVyos(text: string): RouterFacts {
  const bgp = 'set protocols bgp'
  const group = `${bgp} peer-group NODES`
  const policy = 'set policy'
  const value = (start: string) => one(text, new RegExp(`^${start} (\\S+)$`))
  const has = (line: string) => said(text, new RegExp(`^${line}$`))
  const node = `${bgp} neighbor (\\S+) peer-group NODES\n${bgp} neighbor \\1 description (\\S+)`
  const nodes = all(text, new RegExp(`^${node}$`))
  const profile = `set protocols bfd profile ${value(`${group} bfd profile`)} interval`
  const address = value(`${bgp} parameters router-id`)
  if (value('set interfaces ethernet eth1 address') !== `${address}/24`) {
    throw new Error('another router-id')
  }
  const rules = new RegExp(
    `^${policy} route-map FROM-NODES rule (\\d+) match community community-list (\\S+)$`,
  )
  return {
    address,
    asn: value(`${bgp} system-as`),
    nodeAsn: value(`${group} remote-as`),
    nodes: nodes.map((found) => found.join(' ')),
    pool: value(`${policy} prefix-list SERVICES rule 10 prefix`),
    length: value(`${policy} prefix-list SERVICES rule 10 ge`),
    // The text of all marks of a route is searched: `_` is where one begins or ends.
    marks: marksOf(
      all(text, new RegExp(`^${policy} community-list (\\S+) rule 10 regex '_(\\S+)_'$`)),
      all(text, rules).map(([rule, list = '']) => [
        list,
        value(`${policy} route-map FROM-NODES rule ${rule} set local-preference`),
      ]),
    ),
    limit: value(`${group} address-family ipv4-unicast maximum-prefix`),
    paths: value(`${bgp} address-family ipv4-unicast maximum-paths ebgp`),
    bfd: [
      value(`${profile} receive`),
      value(`${profile} transmit`),
      value(`${profile} multiplier`),
    ],
    keepalive: value(`${bgp} timers keepalive`),
    hold: value(`${bgp} timers holdtime`),
    password: value(`${group} password`),
    waitsForCalls: has(`${group} passive`),
    tellsNothing:
      has(`${policy} route-map TO-NODES rule 10 action deny`) &&
      has(`${group} address-family ipv4-unicast route-map export TO-NODES`) &&
      has(`${group} address-family ipv4-unicast route-map import FROM-NODES`),
  }
}
