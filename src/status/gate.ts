// Who may look at what is not for everybody. A gate answers in the page's place, or says nothing.
import { isIP } from 'node:net'
import type { Answer } from './routes.ts'

export interface Asked {
  readonly path: string
  /** The header, whole. */
  readonly authorization: string | undefined
  /** The header: whom the client thinks it talks to. */
  readonly host: string | undefined
  /** The other end's address. */
  readonly from: string | undefined
}

export type Gate = (asked: Asked) => Answer | undefined | Promise<Answer | undefined>

/**
 * For who is on this machine, or came in through one who is (`kubectl port-forward`). A page of the
 * internet in a browser of theirs is not: by then the name it was loaded from leads to our address
 * (DNS rebinding), and that name is what the browser sends.
 */
export const onlyLocal: Gate = ({ from, host }) => {
  if (!isLoopback(from ?? '')) return { status: 403, text: 'only told on this machine\n' }
  return isPlain(host ?? '') ? undefined : { status: 403, text: 'ask by address\n' }
}

export const isLoopback = (address: string): boolean =>
  address === '::1' || /^(?:::ffff:)?127\./.test(address)

/** An address or `localhost`, with or without a port: no name that somebody else could point here. */
function isPlain(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  return name === 'localhost' || isIP(name) !== 0
}
