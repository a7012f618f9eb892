// Which solicited-node groups this machine is a member of. The packet socket would see the frames of
// any group; switches that snoop MLD and filters of network cards let only those through that somebody
// has joined. The kernel searches all memberships for each new one, so they are joined in slices.

import { readU32 } from './bytes.ts'
import { SystemError } from './libc.ts'
import { solicitedNodeGroup } from './ndp.ts'
import { closeSocket, openGroupSocket, setMembership } from './socket.ts'

/** Calls of the kernel between two looks at the packets. */
const SLICE_CALLS = 64

interface GroupSocket {
  readonly fd: number
  groups: number
  /** The kernel bounds the memory of one socket; the next one has its own. */
  isFull: boolean
}

interface Group {
  readonly bytes: Uint8Array
  /** Addresses whose last three bytes are the same share a group. */
  users: number
  /** Where it is joined, and by which socket. */
  readonly joined: Map<number, GroupSocket>
}

export class Memberships implements Disposable {
  readonly #note: (message: string) => void
  readonly #groups = new Map<number, Group>()
  /** To be looked at. */
  readonly #pending = new Set<number>()
  /** Refused by the kernel: tried again at the next news of the links, which come regularly. */
  readonly #refused = new Set<number>()
  readonly #noted = new Set<string>()
  readonly #sockets: GroupSocket[] = []
  #links: ReadonlySet<number> = new Set()
  #work: NodeJS.Immediate | undefined

  constructor(note: (message: string) => void) {
    this.#note = note
  }

  addAddress(address: Uint8Array): void {
    const key = keyOf(address)
    const group = this.#groups.get(key)
    if (group) group.users += 1
    else {
      this.#groups.set(key, { bytes: solicitedNodeGroup(address), users: 1, joined: new Map() })
    }
    this.#lookAt(key)
  }

  removeAddress(address: Uint8Array): void {
    const key = keyOf(address)
    const group = this.#groups.get(key)
    if (!group) return
    group.users -= 1
    this.#lookAt(key)
  }

  setLinks(indexes: readonly number[]): void {
    const links = new Set(indexes)
    const isSame = links.symmetricDifference(this.#links).size === 0
    this.#links = links
    for (const key of isSame ? this.#refused : this.#groups.keys()) this.#lookAt(key)
    this.#refused.clear()
  }

  /** Closing a socket leaves its groups. */
  [Symbol.dispose](): void {
    clearImmediate(this.#work)
    for (const { fd } of this.#sockets.splice(0)) closeSocket(fd)
  }

  #lookAt(key: number): void {
    this.#pending.add(key)
    this.#work ??= setImmediate(() => this.#workOn())
  }

  #workOn(): void {
    this.#work = undefined
    let room = SLICE_CALLS
    for (const key of this.#pending) {
      if (room <= 0) break
      this.#pending.delete(key)
      room -= this.#settle(key)
    }
    if (this.#pending.size > 0) this.#work = setImmediate(() => this.#workOn())
  }

  /** Returns how many calls it took. */
  #settle(key: number): number {
    const group = this.#groups.get(key)
    if (!group) return 0
    const wanted = group.users > 0 ? this.#links : new Set<number>()
    const surplus = [...group.joined.keys()].filter((index) => !wanted.has(index))
    const missing = [...wanted].filter((index) => !group.joined.has(index))
    for (const index of surplus) this.#leave(group, index)
    for (const index of missing) {
      if (!this.#join(group, index)) this.#refused.add(key)
    }
    if (group.users === 0) this.#groups.delete(key)
    return surplus.length + missing.length
  }

  #join(group: Group, index: number): boolean {
    const socket = this.#sockets.find(({ isFull }) => !isFull) ?? this.#openSocket()
    const refused = this.#try(socket, 'join', { group: group.bytes, index })
    if (refused === undefined) {
      group.joined.set(index, socket)
      socket.groups += 1
      return true
    }
    // One that is full from the start would only be followed by others.
    if (refused === 'ENOMEM' && socket.groups > 0) {
      socket.isFull = true
      return this.#join(group, index)
    }
    this.#noteRefused('join', index, refused)
    return false
  }

  #leave(group: Group, index: number): void {
    const socket = group.joined.get(index)!
    group.joined.delete(index)
    socket.groups -= 1
    socket.isFull = false
    const refused = this.#try(socket, 'leave', { group: group.bytes, index })
    if (refused !== undefined) this.#noteRefused('leave', index, refused)
  }

  /** The error's name, or undefined when it is done. */
  #try(
    { fd }: GroupSocket,
    what: 'join' | 'leave',
    membership: { group: Uint8Array; index: number },
  ): string | undefined {
    try {
      setMembership(fd, what, membership)
      return undefined
    } catch (error) {
      if (error instanceof SystemError) return error.code
      throw error
    }
  }

  /** Once each. An interface that has just gone is no news: the message about it is on its way. */
  #noteRefused(what: 'join' | 'leave', index: number, code: string): void {
    if (code === 'ENODEV' || code === 'EADDRNOTAVAIL') return
    const note = `the kernel refuses to ${what} a multicast group on interface ${index}: ${code}`
    if (!this.#noted.has(note)) this.#note(note)
    this.#noted.add(note)
  }

  #openSocket(): GroupSocket {
    const socket = { fd: openGroupSocket(), groups: 0, isFull: false }
    this.#sockets.push(socket)
    return socket
  }
}

const keyOf = (address: Uint8Array): number => readU32(address, 12) & 0xff_ffff
