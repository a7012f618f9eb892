// The compress message: another message, or a whole compound, as LZW in a map. In packets and streams.
import { TYPE } from './bodies.ts'
import { Drop } from './drop.ts'
import { integer } from './fields.ts'
import { deflateLzw, inflateLzw } from './lzw.ts'
import { packMap, type ReadMap } from './msgpack.ts'

/** The only one there is. */
const LZW = 0

export function compress(bytes: Uint8Array): Buffer {
  const body = packMap({ Algo: LZW, Buf: deflateLzw(bytes) })
  return Buffer.concat([Uint8Array.of(TYPE.compress), body])
}

export function inflate(map: ReadMap, max: number): Uint8Array {
  const deflated = map.get('Buf')
  if (!(deflated instanceof Uint8Array)) throw new Drop('malformed')
  if (integer(map, 'Algo', 0xff) !== LZW) throw new Drop('malformed')
  return inflateLzw(deflated, max)
}
