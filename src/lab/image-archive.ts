// An image as a file, for nodes that reach no registry: `docker load`, `ctr images import` and their like
// read it.
import { createReadStream } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Docker } from './docker.ts'
import { fileName } from './image-parts.ts'

export interface Archive {
  readonly path: string
  readonly bytes: number
}

export async function saveImage(docker: Docker, image: string, dir: string): Promise<Archive> {
  await mkdir(dir, { recursive: true })
  const path = join(dir, `${fileName(image)}.tar`)
  await docker.run(['save', '--output', path, image])
  return { path, bytes: (await stat(path)).size }
}

/** How much of it a registry would send. */
export async function compressedBytes(path: string): Promise<number> {
  let bytes = 0
  const count = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      done()
    },
  })
  await pipeline(createReadStream(path), createGzip(), count)
  return bytes
}
