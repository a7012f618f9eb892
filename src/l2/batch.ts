// Many packets for one call of the kernel: the memory that recvmmsg and sendmmsg read and write, laid
// out once. Offsets are those of 64-bit little endian machines, the same for glibc and musl.
import { type Memory, memoryOf } from './libc.ts'

export const BATCH_FRAMES = 64
/** What the filters let through at most; what we send is shorter. */
export const FRAME_BYTES = 256

// struct mmsghdr { struct msghdr { name, namelen, iov, iovlen, control, controllen, flags }, len }
const HEADER_BYTES = 64
const NAME_LENGTH = 8
const IOV = 16
const IOV_COUNT = 24
const RECEIVED_LENGTH = 56
const IOV_BYTES = 16
// struct sockaddr_ll, with room for the longest hardware address the kernel may write: 20 bytes.
const NAME_BYTES = 32
const SOCKADDR_LL_BYTES = 20
const AF_PACKET = 17

const IOVS_AT = BATCH_FRAMES * HEADER_BYTES
const NAMES_AT = IOVS_AT + BATCH_FRAMES * IOV_BYTES
const FRAMES_AT = NAMES_AT + BATCH_FRAMES * NAME_BYTES

export class Batch {
  readonly #memory: Memory
  readonly bytes: Uint8Array
  readonly #view: DataView

  constructor() {
    this.#memory = memoryOf(FRAMES_AT + BATCH_FRAMES * FRAME_BYTES)
    this.bytes = this.#memory.bytes
    this.#view = this.#memory.view
    for (let nth = 0; nth < BATCH_FRAMES; nth++) this.#layOut(nth)
  }

  #layOut(nth: number): void {
    const { address } = this.#memory
    const header = nth * HEADER_BYTES
    const iov = IOVS_AT + nth * IOV_BYTES
    const name = NAMES_AT + nth * NAME_BYTES
    this.#view.setBigUint64(header, BigInt(address + name), true)
    this.#view.setUint32(header + NAME_LENGTH, NAME_BYTES, true)
    this.#view.setBigUint64(header + IOV, BigInt(address + iov), true)
    this.#view.setUint32(header + IOV_COUNT, 1, true)
    this.#view.setBigUint64(iov, BigInt(address + this.frameAt(nth)), true)
    this.#view.setUint32(iov + 8, FRAME_BYTES, true)
    this.#view.setUint16(name, AF_PACKET, true)
  }

  /** For the kernel, from the n-th message on. */
  vectorAt(nth: number): number {
    return this.#memory.address + nth * HEADER_BYTES
  }

  /** Where the n-th frame stands in `bytes`. */
  frameAt(nth: number): number {
    return FRAMES_AT + nth * FRAME_BYTES
  }

  receivedLength(nth: number): number {
    return this.#view.getUint32(nth * HEADER_BYTES + RECEIVED_LENGTH, true)
  }

  receivedOn(nth: number): number {
    return this.#view.getInt32(NAMES_AT + nth * NAME_BYTES + 4, true)
  }

  packetType(nth: number): number {
    return this.bytes[NAMES_AT + nth * NAME_BYTES + 10]!
  }

  /** Makes the n-th frame one to send: so long, out of the interface with this index. */
  address(nth: number, index: number, length: number): void {
    this.#view.setUint32(nth * HEADER_BYTES + NAME_LENGTH, SOCKADDR_LL_BYTES, true)
    this.#view.setInt32(NAMES_AT + nth * NAME_BYTES + 4, index, true)
    this.#view.setUint32(IOVS_AT + nth * IOV_BYTES + 8, length, true)
  }
}
