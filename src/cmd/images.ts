// `ferrule images`: builds the container images that manifests/ name, lists what they are made of, and
// saves them for nodes that reach no registry.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openDocker, whyNoDocker } from '../lab/docker.ts'
import { compressedBytes, saveImage } from '../lab/image-archive.ts'
import { writeSbom } from '../lab/image-parts.ts'
import { ensureImages } from '../lab/images.ts'
import { onlyFlags, text, truth, UsageError } from './flags.ts'
import type { Help } from './help.ts'

const flags = {
  tag: text('Tag of both images.', 'dev', { value: 'TAG' }),
  base: text(
    'Image with apt to take packages from. Without it Debian stable: from a registry, else made here.',
    '',
    { value: 'IMAGE' },
  ),
  fresh: truth("Build anew, with Debian's packages of today."),
  save: text('Folder for both images as files, to be loaded into nodes.', '', { value: 'DIR' }),
  sbom: text(
    'Folder for the lists of what they are made of. By default that of --save, or dist/sbom.',
    '',
    {
      value: 'DIR',
    },
  ),
}

export const help: Help = {
  usage: 'images [--tag TAG] [--save DIR] [--base IMAGE] [--fresh]',
  about:
    'Builds the container images ferrule and ferrule-frr, for machines of this kind, where their sources have changed. Works in a checkout, with the Docker engine that answers; as root, and where none does, with one of its own. docs/images.md says what is in them.',
  flags,
}

const ROOT = join(import.meta.dirname, '../..')
const TAG = /^\w[\w.-]{0,127}$/
const say = (line: string) => process.stderr.write(`images: ${line}\n`)
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

export async function images(args: string[], signal: AbortSignal): Promise<number> {
  const { tag, base, fresh, save, sbom } = onlyFlags(flags, args)
  if (!TAG.test(tag)) throw new UsageError(`--tag: "${tag}" is no tag of an image`)
  if (base.startsWith('-')) throw new UsageError(`--base: "${base}" is no name of an image`)
  if (!existsSync(join(ROOT, 'images'))) throw new Error('images are built in a checkout')
  const why = await whyNoDocker()
  if (why !== undefined) throw new Error(why)
  await using docker = await openDocker(say)
  const built = await ensureImages(docker, say, { tag, fresh, ...(base ? { base } : {}) })
  for (const image of [built.frr, built.ferrule]) {
    signal.throwIfAborted()
    const bytes = await docker.run(['image', 'inspect', '--format', '{{.Size}}', image])
    process.stdout.write(`${image}  ${megabytes(Number(bytes))}\n`)
    const list = await writeSbom(docker, image, sbom || save || join(ROOT, 'dist/sbom'))
    process.stdout.write(`  ${list}\n`)
    if (save === '') continue
    const archive = await saveImage(docker, image, save)
    const packed = megabytes(await compressedBytes(archive.path))
    process.stdout.write(`  ${archive.path}  ${megabytes(archive.bytes)}, ${packed} with gzip\n`)
  }
  return 0
}

export { images as run }
