// Files as one tar archive (POSIX.1-1988 "ustar"), which every tar reads. Pure.
import type { GatheredFile } from './collection.ts'

const BLOCK = 512
const NAME_MAX = 100
const PREFIX_MAX = 155
/** Such folders hold what a cluster says: nobody else need read it. */
const MODE = '0000600'

/** Paths are below `folder`; `seconds` since 1970 is when all of them were made. */
export function tarOf(files: readonly GatheredFile[], folder: string, seconds: number): Buffer {
  const blocks = files.flatMap(({ path, text }) => {
    const content = Buffer.from(text)
    return [header(`${folder}/${path}`, content.length, seconds), content, padding(content.length)]
  })
  // Two blocks of zeros are the end.
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)])
}

const padding = (length: number): Buffer => Buffer.alloc((BLOCK - (length % BLOCK)) % BLOCK)

function header(path: string, size: number, seconds: number): Buffer {
  const { prefix, name } = split(path)
  const block = Buffer.alloc(BLOCK)
  const put = (at: number, text: string) => block.write(text, at, 'utf8')
  put(0, name)
  put(100, MODE)
  put(108, '0000000')
  put(116, '0000000')
  put(124, size.toString(8).padStart(11, '0'))
  put(136, Math.floor(seconds).toString(8).padStart(11, '0'))
  // The sum is taken with blanks where it will stand.
  put(148, ' '.repeat(8))
  put(156, '0')
  put(257, 'ustar\u000000')
  put(345, prefix)
  const sum = block.reduce((all, byte) => all + byte, 0)
  put(148, `${sum.toString(8).padStart(6, '0')}\u0000 `)
  return block
}

/** A long path stands in two fields, parted at a slash; what fits in neither keeps its end. */
function split(path: string): { prefix: string; name: string } {
  if (Buffer.byteLength(path) <= NAME_MAX) return { prefix: '', name: path }
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const prefix = path.slice(0, at)
    const name = path.slice(at + 1)
    const fits = Buffer.byteLength(prefix) <= PREFIX_MAX && Buffer.byteLength(name) <= NAME_MAX
    if (fits) return { prefix, name }
  }
  return { prefix: '', name: path.slice(-NAME_MAX) }
}
