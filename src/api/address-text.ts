// One IP address as a field: kept as written by its rule, so that all that is wrong with an object is
// found at once, and read by `addressIn`.
import { z } from 'zod'
import { type Address, parseAddress } from '../net/address.ts'
import { keeping } from './rules.ts'

// CEL's functions know no IPv4 address in IPv6's dress, and no mask with a leading zero. Both have
// always been served, so text of that look is left to us.
export const isExotic = (cel: string): string => `${cel}.matches('(?i)^[0:]*ffff:|/0[0-9]')`

/** CEL: an IP address, as far as the API server can tell. */
export const isAddress = (cel: string): string => `(isIP(${cel}) || ${isExotic(cel)})`

/** Empty means "not given", as it always did. */
export const address = (message: string) =>
  keeping(z.string(), [
    {
      code: 'invalid-address',
      message,
      cel: `self == '' || ${isAddress('self')}`,
      holds: (text) => text === '' || parseAddress(text) !== undefined,
    },
  ]).meta({ title: 'IP address' })

/** Behind the rule. */
export const addressIn = (text: string | undefined): Address | undefined =>
  text ? parseAddress(text) : undefined
