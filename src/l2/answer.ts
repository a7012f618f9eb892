// A frame and the table → the reply, written where it is to be sent from, or the reason for none. Also
// notices who else claims an address of ours. Runs for every frame of a flood: next to no garbage.
import {
  ARP_FRAME_BYTES,
  type ArpPacket,
  emptyArp,
  REPLY,
  REQUEST,
  readArp,
  writeArp,
} from './arp.ts'
import { DROP, type DropCode } from './drops.ts'
import { type Frame, PACKET_MULTICAST, PACKET_OUTGOING } from './frame.ts'
import { isStation, type Mac } from './mac.ts'
import {
  ADVERTISEMENT,
  ALL_NODES,
  copyAddress,
  emptyNdp,
  isUnspecified,
  multicastMac,
  NDP_FRAME_BYTES,
  type NdpPacket,
  OVERRIDE,
  readNdp,
  SOLICITED,
  writeNdp,
} from './ndp.ts'
import { type AddressTable, type Entry, isOn, type Link } from './table.ts'

/** What the answers go by. Read at every frame, so it may change between two. */
export interface Known {
  readonly table: AddressTable
  /** By index. */
  readonly links: ReadonlyMap<number, Link>
  /** Of all our interfaces: what one sends, another on the same LAN hears. */
  readonly ownMacs: ReadonlySet<Mac>
}

export interface Reply {
  bytes: Uint8Array
  at: number
}

export const REPLY_MAX_BYTES = Math.max(ARP_FRAME_BYTES, NDP_FRAME_BYTES)

/** One object for all frames: whoever wants to keep it copies it. */
export interface Outcome {
  /** Of the reply; 0: none. */
  length: number
  /** 0 exactly when there is a reply. */
  drop: DropCode
  /** The address that was asked for, once it is clear that we answer for it here. */
  asked: Entry | undefined
  /** The address another machine says is its own, with or without a reply to it. */
  claimed: Entry | undefined
  claimant: Mac
}

const ALL_NODES_MAC = multicastMac(ALL_NODES)

export class Answerer {
  readonly #known: Known
  readonly #arp = emptyArp()
  readonly #arpReply = emptyArp()
  readonly #ndp = emptyNdp()
  readonly #ndpReply = emptyNdp()
  readonly #outcome: Outcome = {
    length: 0,
    drop: DROP.answered,
    asked: undefined,
    claimed: undefined,
    claimant: 0,
  }

  constructor(known: Known) {
    this.#known = known
  }

  arp(frame: Frame, reply: Reply): Outcome {
    const outcome = this.#fresh()
    const link = this.#known.links.get(frame.index)
    outcome.drop = this.#dropArp(frame, link)
    if (outcome.drop !== DROP.answered) return outcome
    this.#decideArp(this.#arp, link!)
    if (outcome.drop === DROP.answered) outcome.length = this.#writeArp(link!, reply)
    return outcome
  }

  ndp(frame: Frame, reply: Reply): Outcome {
    const outcome = this.#fresh()
    const link = this.#known.links.get(frame.index)
    outcome.drop = this.#dropNdp(frame, link)
    if (outcome.drop !== DROP.answered) return outcome
    this.#decideNdp(this.#ndp, link!)
    if (outcome.drop === DROP.answered) outcome.length = this.#writeNdp(link!, reply)
    return outcome
  }

  #fresh(): Outcome {
    const outcome = this.#outcome
    outcome.length = 0
    outcome.drop = DROP.answered
    outcome.asked = undefined
    outcome.claimed = undefined
    outcome.claimant = 0
    return outcome
  }

  #dropArp(frame: Frame, link: Link | undefined): DropCode {
    const drop = dropByPacketType(frame)
    if (drop !== DROP.answered) return drop
    if (!link?.arp) return DROP['silent-interface']
    const packet = this.#arp
    const unreadable = readArp(frame, packet)
    if (unreadable !== DROP.answered) return unreadable
    // The kernel's packet type 2 is a group that is not broadcast; nobody asks there (RFC 826).
    if (frame.packetType === PACKET_MULTICAST) return DROP['bad-address']
    // The answer goes to the sender of the payload: to a group it would be an amplifier.
    if (!isStation(packet.senderMac)) return DROP['bad-address']
    return this.#isOwn(packet.senderMac, link) ? DROP.own : DROP.answered
  }

  #decideArp(packet: ArpPacket, link: Link): void {
    const outcome = this.#outcome
    // RFC 5227 §2.4: whoever sends our address as its own is in conflict, whatever else it asks.
    this.#noteClaim(this.#known.table.findV4(packet.senderAddress), packet.senderMac, link)
    if (packet.operation !== REQUEST) {
      outcome.drop = outcome.claimed ? DROP.claimed : DROP['not-a-question']
      return
    }
    // A probe (sender 0.0.0.0, RFC 5227 §2.1.1) is a request like others: its sender wants to hear no.
    this.#decide(this.#known.table.findV4(packet.targetAddress), link)
  }

  #writeArp(link: Link, reply: Reply): number {
    const { senderMac, senderAddress, targetAddress } = this.#arp
    const packet = this.#arpReply
    packet.destination = senderMac
    packet.source = link.mac
    packet.operation = REPLY
    packet.senderMac = link.mac
    packet.senderAddress = targetAddress
    packet.targetMac = senderMac
    packet.targetAddress = senderAddress
    return writeArp(reply.bytes, reply.at, packet)
  }

  #dropNdp(frame: Frame, link: Link | undefined): DropCode {
    const drop = dropByPacketType(frame)
    if (drop !== DROP.answered) return drop
    if (link?.linkLocal === undefined) return DROP['silent-interface']
    const packet = this.#ndp
    const unreadable = readNdp(frame, packet)
    if (unreadable !== DROP.answered) return unreadable
    if (!isStation(packet.source)) return DROP['bad-address']
    return this.#isOwn(packet.source, link) ? DROP.own : DROP.answered
  }

  #decideNdp(packet: NdpPacket, link: Link): void {
    const outcome = this.#outcome
    if (packet.type === ADVERTISEMENT) {
      // RFC 4862 §5.4.4: an advertisement for an address of ours that is not from us.
      const claimant = packet.linkLayer === 0 ? packet.source : packet.linkLayer
      this.#noteClaim(this.#known.table.findV6(packet.target), claimant, link)
      outcome.drop = outcome.claimed ? DROP.claimed : DROP['not-a-question']
      return
    }
    this.#noteClaim(this.#known.table.findV6(packet.from), packet.source, link)
    this.#decide(this.#known.table.findV6(packet.target), link)
  }

  #writeNdp(link: Link, reply: Reply): number {
    const asked = this.#ndp
    const packet = this.#ndpReply
    // From `::` somebody asks whether the address is free. It hears no answer sent to `::`, so all
    // nodes get it; S=0 as nobody is answered, O=1 as those who hear it may learn (RFC 4861 §7.2.4).
    const isDuplicateDetection = isUnspecified(asked.from)
    packet.flags = isDuplicateDetection ? OVERRIDE : SOLICITED
    packet.destination = isDuplicateDetection ? ALL_NODES_MAC : asked.linkLayer || asked.source
    copyAddress(isDuplicateDetection ? ALL_NODES : asked.from, 0, packet.to, 0)
    packet.source = link.mac
    packet.type = ADVERTISEMENT
    packet.linkLayer = link.mac
    // As a kernel does for an address it has; ndisc6 takes no answer from an address of another scope.
    copyAddress(asked.target, 0, packet.from, 0)
    copyAddress(asked.target, 0, packet.target, 0)
    return writeNdp(reply.bytes, reply.at, packet)
  }

  #decide(entry: Entry | undefined, link: Link): void {
    const outcome = this.#outcome
    if (entry !== undefined && isOn(entry, link)) {
      outcome.asked = entry
      return
    }
    if (outcome.claimed) outcome.drop = DROP.claimed
    else outcome.drop = entry ? DROP['other-interface'] : DROP['not-ours']
  }

  /** On another interface the same address may well be somebody else's: another LAN. */
  #noteClaim(entry: Entry | undefined, claimant: Mac, link: Link): void {
    if (entry === undefined || !isOn(entry, link) || this.#isOwn(claimant, link)) return
    this.#outcome.claimed = entry
    this.#outcome.claimant = claimant
  }

  /** The set boxes the number: 16 bytes, all the garbage there is of a frame. */
  #isOwn(mac: Mac, link: Link): boolean {
    return mac === link.mac || this.#known.ownMacs.has(mac)
  }
}

function dropByPacketType({ packetType }: Frame): DropCode {
  if (packetType <= PACKET_MULTICAST) return DROP.answered
  return packetType === PACKET_OUTGOING ? DROP.own : DROP['other-host']
}
