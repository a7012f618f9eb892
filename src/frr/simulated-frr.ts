// For tests: what bgpd and bfdd do with a line, as far as our configuration uses them. Knows nothing
// of tree.ts or slot.ts, so that a mistake there cannot hide itself here. Stricter than FRR: taking
// back what is not there is refused, because a differ has no reason to ask for it.

type Lines = Map<string, string>

export class Refused extends Error {}

interface Router {
  asn: string
  globals: Set<string>
  neighbors: Map<string, Lines>
  families: Map<string, { networks: Lines; neighbors: Map<string, Lines> }>
}

const ROUTER = /^router bgp (\d+)( vrf \S+)?$/
const ENTRY = /^route-map (\S+) (permit|deny) (\d+)$/

export class SimulatedFrr {
  readonly globals = new Set<string>()
  readonly entries = new Map<string, { action: string; lines: Lines }>()
  readonly routers = new Map<string, Router>()
  readonly profiles = new Map<string, Lines>()

  /** Takes one line in the context its path leads to; an empty line only goes there. */
  take(path: readonly string[], line: string): void {
    this.#enter(path)
    if (line === '') return
    const [top = '', inner] = path
    if (path.length === 0) this.#takeGlobal(line)
    else if (top === 'bfd') this.#takeBfd(inner, line)
    else if (ENTRY.test(top)) this.#takeClause(top, line)
    else if (inner === undefined) this.#takeSession(this.#router(top), line)
    else this.#takeFamily(this.#router(top), inner, line)
  }

  /** As `show running-config` prints it, in an order of its own. */
  text(): string {
    const out = [...this.globals]
    for (const [vrf, router] of this.routers) out.push(...printRouter(vrf, router))
    for (const [key, { action, lines }] of this.entries) {
      const [name, seq] = key.split(' ')
      out.push(`route-map ${name} ${action} ${seq}`, ...indented(lines.values()), 'exit')
    }
    if (this.profiles.size > 0) out.push('bfd')
    for (const [name, lines] of this.profiles) {
      out.push(` profile ${name}`, ...[...lines.values()].map((line) => `  ${line}`), ' exit')
    }
    if (this.profiles.size > 0) out.push('exit')
    return `${out.join('\n')}\n`
  }

  #enter([top, inner]: readonly string[]): void {
    if (top === undefined) return
    const entry = ENTRY.exec(top)
    if (entry) {
      const key = `${entry[1]} ${entry[3]}`
      const known = this.entries.get(key)
      if (known) known.action = entry[2]!
      else this.entries.set(key, { action: entry[2]!, lines: new Map() })
    } else if (top === 'bfd') {
      const name = inner?.split(' ')[1]
      if (name !== undefined && !this.profiles.has(name)) this.profiles.set(name, new Map())
    } else this.#enterRouter(top)
  }

  #enterRouter(opener: string): void {
    const [, asn, vrf = ''] = ROUTER.exec(opener) ?? refuse(`unknown command: ${opener}`)
    const known = this.routers.get(vrf)
    if (known && known.asn !== asn) refuse(`BGP is already running; AS is ${known.asn}`)
    if (known) return
    this.routers.set(vrf, {
      asn: asn!,
      globals: new Set(),
      neighbors: new Map(),
      families: new Map(
        ['ipv4', 'ipv6'].map((afi) => [
          `address-family ${afi} unicast`,
          { networks: new Map(), neighbors: new Map() },
        ]),
      ),
    })
  }

  #router(opener: string): Router {
    return this.routers.get(ROUTER.exec(opener)?.[2] ?? '')!
  }

  #takeGlobal(line: string): void {
    const entry = ENTRY.exec(line.slice(3))
    const router = ROUTER.exec(line.slice(3))
    if (!/^(no )?(bgp|ip|ipv6|route-map|router) /.test(line)) refuse(`unknown command: ${line}`)
    if (!line.startsWith('no ')) this.globals.add(line)
    else if (entry) drop(this.entries, `${entry[1]} ${entry[3]}`)
    else if (router) drop(this.routers, router[2] ?? '')
    else if (!this.globals.delete(line.slice(3))) refuse(`nothing to take back: ${line}`)
  }

  #takeBfd(inner: string | undefined, line: string): void {
    const words = line.split(' ')
    if (inner === undefined) {
      drop(this.profiles, words[2]!)
      return
    }
    const lines = this.profiles.get(inner.split(' ')[1]!)!
    const standard: Record<string, string> = {
      'receive-interval': '300',
      'transmit-interval': '300',
    }
    const [key = '', value] = words
    if (key === 'no') drop(lines, words[1]!)
    else if (value !== undefined && standard[key] === value) drop(lines, key)
    else lines.set(key, line)
  }

  #takeClause(opener: string, line: string): void {
    const [, name, , seq] = ENTRY.exec(opener)!
    const { lines } = this.entries.get(`${name} ${seq}`)!
    const words = line.split(' ')
    if (words[0] === 'no') drop(lines, words.slice(1, 3).join(' '))
    else lines.set(words.slice(0, 2).join(' '), line)
  }

  #takeSession(router: Router, line: string): void {
    const words = line.split(' ')
    const no = words[0] === 'no'
    const [word, name = '', key = ''] = no ? words.slice(1) : words
    if (word !== 'neighbor') {
      toggleGlobal(router, line)
      return
    }
    if (no && key === '') {
      drop(router.neighbors, name)
      for (const family of router.families.values()) family.neighbors.delete(name)
      return
    }
    if (!no && key === 'remote-as' && !router.neighbors.has(name))
      router.neighbors.set(name, new Map())
    const lines = router.neighbors.get(name) ?? refuse('Specify remote-as or peer-group first')
    if (!no && key === 'ebgp-multihop' && lines.has('ttl-security')) refuse('not both')
    if (!no && key === 'ttl-security' && lines.has('ebgp-multihop')) refuse('not both')
    const slot = /timers connect|bfd profile/.exec(line)?.[0] ?? key
    if (no && slot === 'bfd') lines.delete('bfd profile')
    if (no) drop(lines, slot)
    else lines.set(slot, line)
  }

  #takeFamily(router: Router, opener: string, line: string): void {
    const family = router.families.get(opener) ?? refuse(`unknown command: ${opener}`)
    const words = line.split(' ')
    const no = words[0] === 'no'
    const [word, name = '', key, , direction = ''] = no ? words.slice(1) : words
    if (word === 'network') {
      if (no) drop(family.networks, name)
      else family.networks.set(name, line)
      return
    }
    if (!router.neighbors.has(name)) refuse('Specify remote-as or peer-group first')
    const lines = family.neighbors.get(name) ?? new Map<string, string>()
    family.neighbors.set(name, lines)
    if (no) drop(lines, `${key} ${direction}`)
    else lines.set(`${key} ${direction}`, line)
  }
}

/** Lines that are `no X` in the configuration: X takes them back. */
function toggleGlobal(router: Router, line: string): void {
  const opposite = line.startsWith('no ') ? line.slice(3) : `no ${line}`
  if (router.globals.delete(opposite)) return
  const sameWord = (other: string): boolean => other.split(' ')[1] === line.split(' ')[1]
  if (line.startsWith('bgp router-id')) {
    for (const other of router.globals) if (sameWord(other)) router.globals.delete(other)
  }
  router.globals.add(line)
}

function printRouter(vrf: string, router: Router): string[] {
  const out = [`router bgp ${router.asn}${vrf}`, ...indented(router.globals)]
  for (const lines of router.neighbors.values()) out.push(...indented(lines.values()))
  for (const [opener, { networks, neighbors }] of router.families) {
    const lines = [
      ...networks.values(),
      ...[...neighbors.values()].flatMap((one) => [...one.values()]),
    ]
    if (lines.length === 0) continue
    out.push(` !`, ` ${opener}`, ...lines.map((line) => `  ${line}`), ' exit-address-family')
  }
  return [...out, 'exit', '!']
}

const indented = (lines: Iterable<string>): string[] => [...lines].map((line) => ` ${line}`)

function drop(map: Map<string, unknown>, key: string): void {
  if (!map.delete(key)) refuse(`nothing to take back: ${key}`)
}

function refuse(text: string): never {
  throw new Refused(`% ${text}`)
}
