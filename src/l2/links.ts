// Messages of rtnetlink → which interfaces answer, and why one does not. It never asks itself: who
// reads the socket feeds it, and says where a dump begins and ends, so that what was missed goes away.
import type { Exclusion } from './exclusion.ts'
import { type Mac, macText } from './mac.ts'
import type { AddressMessage, Dump, LinkMessage, RouteMessage } from './rtnetlink.ts'
import type { Link } from './table.ts'

/** An interface as others see it. */
export interface L2Link {
  readonly name: string
  readonly index: number
  /** Empty when it has none that Ethernet could carry. */
  readonly mac: string
  readonly arp: boolean
  readonly ndp: boolean
  /** Why it does not answer ARP, or NDP, or both. */
  readonly why?: string
}

export interface Links {
  /** All but the excluded ones, by index. */
  readonly seen: readonly L2Link[]
  /** Those that answer at least one protocol. */
  readonly answering: readonly Link[]
  /** Indexes of those that can be members of multicast groups. */
  readonly grouped: readonly number[]
  /** Of all interfaces, excluded ones too: what one of ours sends is nobody else's. */
  readonly ownMacs: ReadonlySet<Mac>
}

// linux/if.h
const IFF_UP = 0x1
const IFF_BROADCAST = 0x2
const IFF_LOOPBACK = 0x8
const IFF_NOARP = 0x80
const IFF_LOWER_UP = 0x1_0000
// linux/if_addr.h
const IFA_F_DADFAILED = 0x08
const IFA_F_TENTATIVE = 0x40

interface Known {
  link: LinkMessage
  /** Link-local ones only, by their text. */
  readonly addresses: Map<string, AddressMessage>
}

export class LinkTable {
  readonly #isExcluded: Exclusion
  readonly #known = new Map<number, Known>()
  /** What a dump under way has told of so far. */
  #told: { readonly dump: Dump; readonly keys: Set<string> } | undefined

  constructor(isExcluded: Exclusion) {
    this.#isExcluded = isExcluded
  }

  beginDump(dump: Dump): void {
    this.#told = { dump, keys: new Set() }
  }

  /** What was not told of is gone: its message was lost. */
  endDump(): void {
    const told = this.#told
    this.#told = undefined
    for (const [index, { addresses }] of told ? this.#known : []) {
      if (told?.dump === 'links' && !told.keys.has(`${index}`)) this.#known.delete(index)
      for (const text of told?.dump === 'addresses' ? addresses.keys() : []) {
        if (!told?.keys.has(`${index} ${text}`)) addresses.delete(text)
      }
    }
  }

  apply(message: RouteMessage): void {
    switch (message.kind) {
      case 'link':
        this.#told?.keys.add(`${message.index}`)
        this.#putLink(message)
        return
      case 'link-gone':
        this.#known.delete(message.index)
        return
      case 'address':
      case 'address-gone':
        this.#putAddress(message)
        return
    }
  }

  read(): Links {
    const all = [...this.#known.values()].sort((a, b) => a.link.index - b.link.index)
    const seen = all.filter(({ link }) => !this.#isExcluded(link.name))
    const judged = seen.map((known) => ({ known, ...this.#judge(known) }))
    return {
      seen: judged.map(({ known, ...judgement }) => viewOf(known, judgement)),
      answering: judged.filter(({ arp, linkLocal }) => arp || linkLocal).map(linkOf),
      grouped: judged
        .filter(({ known, isSilent }) => !isSilent && known.addresses.size > 0)
        .map(({ known }) => known.link.index),
      ownMacs: new Set(all.flatMap(({ link }) => link.mac || [])),
    }
  }

  #putLink(link: LinkMessage): void {
    const known = this.#known.get(link.index)
    if (known) known.link = link
    else this.#known.set(link.index, { link, addresses: new Map() })
  }

  #putAddress(message: AddressMessage): void {
    const { address, index } = message
    if (address[0] !== 0xfe || (address[1]! & 0xc0) !== 0x80) return
    const text = address.join()
    this.#told?.keys.add(`${index} ${text}`)
    const addresses = this.#known.get(index)?.addresses
    if (message.kind === 'address') addresses?.set(text, message)
    else addresses?.delete(text)
  }

  #judge({ link, addresses }: Known): Judgement {
    const silent = this.#whySilent(link)
    if (silent) return { isSilent: true, arp: false, linkLocal: undefined, why: silent }
    const arp = (link.flags & IFF_BROADCAST) !== 0
    const linkLocal = usableOf(addresses)
    const why = [
      arp ? '' : 'no ARP: it cannot broadcast',
      linkLocal ? '' : `no NDP: ${whyNoLinkLocal(addresses)}`,
    ]
    return { isSilent: false, arp, linkLocal, why: why.filter(Boolean).join('; ') }
  }

  #whySilent({ flags, mac, master, masterKind }: LinkMessage): string | undefined {
    if (flags & IFF_LOOPBACK) return 'it is a loopback'
    if (!(flags & IFF_UP)) return 'it is down'
    if (flags & IFF_NOARP) return 'it is set to NOARP'
    // A port hands its frames to its bridge or bond, and that answers. A VRF leaves them where they are.
    if (master !== undefined && masterKind !== 'vrf') {
      const name = this.#known.get(master)?.link.name ?? `interface ${master}`
      return `it is a port of ${masterKind ? `${masterKind} ` : ''}${name}`
    }
    if (!mac) return 'it has no Ethernet address'
    // Nothing gets in or out; and when the cable is back, everybody is told anew.
    if (!(flags & IFF_LOWER_UP)) return 'it has no carrier'
    return undefined
  }
}

interface Judgement {
  readonly isSilent: boolean
  readonly arp: boolean
  readonly linkLocal: Uint8Array | undefined
  readonly why: string
}

/** The same one as long as it lasts, or every packet would come from another. */
function usableOf(addresses: Known['addresses']): Uint8Array | undefined {
  for (const { flags, address } of addresses.values()) {
    if (!(flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))) return address
  }
  return undefined
}

function whyNoLinkLocal(addresses: Known['addresses']): string {
  if (addresses.size === 0) return 'it has no IPv6 link-local address'
  const isDuplicate = [...addresses.values()].some(({ flags }) => flags & IFA_F_DADFAILED)
  return isDuplicate
    ? 'its IPv6 link-local address is in use by another machine'
    : 'its IPv6 link-local address is still being checked for duplicates'
}

function viewOf({ link }: Known, { arp, linkLocal, why }: Judgement): L2Link {
  const { name, index, mac } = link
  const view = { name, index, mac: mac ? macText(mac) : '', arp, ndp: linkLocal !== undefined }
  return why === '' ? view : { ...view, why }
}

function linkOf({ known, arp, linkLocal }: Judgement & { readonly known: Known }): Link {
  const { index, name, mac } = known.link
  return { index, name, mac: mac!, arp, linkLocal }
}
