// What is gathered of an FRR, wherever it is asked: its files, and what its commands print. Pure.

/** Of its configuration folder, and what each is. */
export const FRR_FILES: ReadonlyMap<string, string> = new Map([
  ['frr.conf', 'the configuration FRR reads when it starts; the speaker keeps it'],
  ['frr.log', 'its log, where it writes one to a file'],
  ['daemons', 'which daemons start, with which options'],
  ['vtysh.conf', 'settings of vtysh'],
])

export interface FrrCommand {
  readonly command: string
  readonly about: string
  /** Who answers it. */
  readonly daemons: readonly string[]
}

const of = (command: string, about: string, ...daemons: string[]): FrrCommand => ({
  command,
  about,
  daemons,
})

export const FRR_COMMANDS: readonly FrrCommand[] = [
  of('show running-config', 'what FRR runs', 'zebra', 'mgmtd', 'bgpd', 'bfdd', 'staticd'),
  of('show version', 'which FRR this is', 'bgpd'),
  of('show bgp ipv4', 'IPv4 routes it knows and announces', 'bgpd'),
  of('show bgp ipv6', 'IPv6 routes it knows and announces', 'bgpd'),
  of('show bgp neighbor', 'every BGP session in detail', 'bgpd'),
  of('show bgp vrf all summary', 'BGP sessions, a line each', 'bgpd'),
  of('show bgp vrf all summary json', 'the same for machines', 'bgpd'),
  of('show bfd peer', 'every BFD session in detail', 'bfdd'),
  of('show bfd peers counters', 'packets of BFD', 'bfdd'),
  of('show ip nht', 'how next hops are reached', 'zebra'),
  of('show ipv6 nht', 'how next hops are reached', 'zebra'),
]

export const fileOf = (command: string): string => `${command.replace(/[^\w-]+/g, '_')}.txt`
