// The C library: the calls layer 2 makes, and descriptors watched by node's own event loop. Nothing
// else knows koffi, so that it can be replaced: newer versions of node have calls of their own.
import { getSystemErrorName } from 'node:util'
import koffi from 'koffi'

const libc = koffi.load(null)
// Pointers are numbers: memory of ours that does not move, its address taken once.
const socket = libc.func('socket', 'int', ['int', 'int', 'int'])
const bind = libc.func('bind', 'int', ['int', 'uintptr_t', 'uint'])
const setsockopt = libc.func('setsockopt', 'int', ['int', 'int', 'int', 'uintptr_t', 'uint'])
const send = libc.func('send', 'intptr_t', ['int', 'uintptr_t', 'size_t', 'int'])
const recv = libc.func('recv', 'intptr_t', ['int', 'uintptr_t', 'size_t', 'int'])
const sendmmsg = libc.func('sendmmsg', 'int', ['int', 'uintptr_t', 'uint', 'int'])
const recvmmsg = libc.func('recvmmsg', 'int', ['int', 'uintptr_t', 'uint', 'int', 'uintptr_t'])
const close = libc.func('close', 'int', ['int'])

const MSG_DONTWAIT = 0x40
/** Of `socket`, in its type: never block, and never reach a program we start. */
const NONBLOCK_CLOEXEC = 0o2004000
const { EAGAIN, EINTR } = koffi.os.errno as { EAGAIN: number; EINTR: number }

/** A call that failed. `code` is what people know: EPERM, ENOBUFS. */
export class SystemError extends Error {
  override readonly name = 'SystemError'
  readonly code: string

  constructor(call: string, errno: number) {
    const code = getSystemErrorName(-errno)
    super(`${call}: ${code}`)
    this.code = code
  }
}

export const isSystemError = (error: unknown, code: string): boolean =>
  error instanceof SystemError && error.code === code

/** Memory whose address the kernel may be told: hold on to it as long as the kernel uses it. */
export interface Memory {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly address: number
}

export function memoryOf(size: number): Memory {
  const buffer = new ArrayBuffer(size)
  const address = Number(koffi.address(buffer))
  return { bytes: new Uint8Array(buffer), view: new DataView(buffer), address }
}

export function memoryWith(bytes: Uint8Array): Memory {
  const memory = memoryOf(bytes.length)
  memory.bytes.set(bytes)
  return memory
}

export interface SocketKind {
  readonly domain: number
  readonly type: number
  readonly protocol: number
}

export function openSocket({ domain, type, protocol }: SocketKind): number {
  return checked('socket', socket(domain, type | NONBLOCK_CLOEXEC, protocol))
}

export function bindSocket(fd: number, name: Memory): void {
  checked('bind', bind(fd, name.address, name.bytes.length))
}

export interface SocketOption {
  readonly level: number
  readonly name: number
  readonly value: Memory
}

export function setOption(fd: number, { level, name, value }: SocketOption): void {
  checked('setsockopt', setsockopt(fd, level, name, value.address, value.bytes.length))
}

export function sendBytes(fd: number, { address, bytes }: Memory): void {
  checked('send', send(fd, address, bytes.length, MSG_DONTWAIT))
}

/** How many bytes came; undefined when nothing is there. */
export function receiveBytes(fd: number, { address, bytes }: Memory): number | undefined {
  const length = recv(fd, address, bytes.length, MSG_DONTWAIT)
  return length < 0 && isNothing() ? undefined : checked('recv', length)
}

/** A vector of messages in memory, and how many of them. */
export function receiveMessages(fd: number, vector: number, count: number): number {
  const received = recvmmsg(fd, vector, count, MSG_DONTWAIT, 0)
  return received < 0 && isNothing() ? 0 : checked('recvmmsg', received)
}

/** How many the kernel took; none when it refuses the first, which is then not worth trying again. */
export function sendMessages(fd: number, vector: number, count: number): number {
  return Math.max(0, sendmmsg(fd, vector, count, MSG_DONTWAIT))
}

export function closeSocket(fd: number): void {
  checked('close', close(fd))
}

/** Right after the call: errno is that of the last one. */
function isNothing(): boolean {
  const errno = koffi.errno()
  return errno === EAGAIN || errno === EINTR
}

function checked(call: string, result: number): number {
  if (result < 0) throw new SystemError(call, koffi.errno())
  return result
}

/**
 * Calls back whenever something can be read, an error of the socket included: libuv takes that for a bad
 * descriptor and stops watching (a netlink socket that lost messages would be deaf for good), so the
 * callback reads the error, which clears it, and the watch starts again. An exception in koffi's
 * callback would leave the event loop stuck, so it is thrown from a turn of its own. The handle must
 * be held by somebody: one that is collected stops without a word.
 */
export function watchSocket(fd: number, onReadable: () => void): Disposable {
  let isClosed = false
  const listener = (status: number) => {
    try {
      onReadable()
      if (status < 0 && !isClosed) handle.start({ readable: true }, callback)
    } catch (error) {
      setImmediate(() => {
        throw error
      })
    }
  }
  // The typings know one argument only; koffi gives libuv's status first.
  const callback = listener as unknown as () => void
  const handle = koffi.node.poll(fd, { readable: true }, callback)
  const close = () => {
    isClosed = true
    handle.close()
  }
  return { [Symbol.dispose]: close }
}
