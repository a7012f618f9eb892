// Reads what an image is made of out of the image itself, and writes the list beside it.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Docker } from './docker.ts'
import {
  cycloneDx,
  type DebianPackage,
  type ImageFacts,
  licensesIn,
  type NpmPackage,
  parseDpkgStatus,
} from './sbom.ts'

export async function writeSbom(docker: Docker, image: string, dir: string): Promise<string> {
  const bom = cycloneDx(await imageFacts(docker, image))
  await mkdir(dir, { recursive: true })
  const path = join(dir, `${fileName(image)}.cdx.json`)
  await writeFile(path, `${JSON.stringify(bom, null, 2)}\n`)
  return path
}

/** `ferrule:dev` is the file `ferrule`: another tag is another folder. */
export const fileName = (image: string): string => image.replace(/:.*$/, '')

export async function imageFacts(docker: Docker, image: string): Promise<ImageFacts> {
  const [{ Id: id, Created: created, Config: config }] = JSON.parse(
    await docker.run(['image', 'inspect', image]),
  )
  const read = reader(docker, image)
  const ours = await hasBundle(docker, image)
  return {
    ...{ image, id, created },
    version: config.Labels['org.opencontainers.image.version'],
    base: config.Labels['org.opencontainers.image.base.name'],
    debian: (await read('cat', '/etc/debian_version')).trim().replace(/\..*/, ''),
    debianPackages: await debianPackages(read),
    npmPackages: ours ? await npmPackages(read) : [],
    ...(ours ? { node: (await read('node', '--version')).trim().slice(1) } : {}),
  }
}

type Read = (program: string, ...args: string[]) => Promise<string>

const reader =
  (docker: Docker, image: string): Read =>
  (program, ...args) =>
    docker.run([
      ...['run', '--rm', '--network=none', '--read-only', '--cap-drop=ALL'],
      ...['--entrypoint', program, image, ...args],
    ])

async function hasBundle(docker: Docker, image: string): Promise<boolean> {
  const format = '{{json .Config.Entrypoint}}'
  const entrypoint = await docker.run(['image', 'inspect', '--format', format, image])
  return entrypoint.includes('ferrule.js')
}

const MARK = '=== '
const COPYRIGHTS = `cd /usr/share/doc && for name in *; do echo "${MARK}$name"; cat "$name/copyright"; echo; done`

async function debianPackages(read: Read): Promise<DebianPackage[]> {
  const status = parseDpkgStatus(await read('cat', '/var/lib/dpkg/status'))
  const files = (await read('sh', '-c', COPYRIGHTS)).split(new RegExp(`^${MARK}`, 'm'))
  const copyrights = new Map(
    files.map((file) => [file.slice(0, file.indexOf('\n')), file.slice(file.indexOf('\n') + 1)]),
  )
  return status.map((one) => ({ ...one, licenses: licensesIn(copyrights.get(one.name) ?? '') }))
}

async function npmPackages(read: Read): Promise<NpmPackage[]> {
  return JSON.parse(await read('cat', '/app/dist/packages.json')) as NpmPackage[]
}
