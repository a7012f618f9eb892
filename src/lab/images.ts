// Builds the two container images, each when it is missing or its sources have changed. Two processes that
// need them at once build them once.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Docker } from './docker.ts'
import { engineDir } from './docker-engine.ts'
import { findBase, mirrorArgs } from './image-base.ts'
import { dockerfile, fingerprint, type ImageName, identity, stageContext } from './image-context.ts'
import { holdLock } from './lock.ts'

const SOURCES = 'ferrule.sources'
const BASE_NAME = 'org.opencontainers.image.base.name'

export interface ImageOptions {
  readonly tag?: string
  /** An image with apt to take packages from, instead of Debian's own or one made here. */
  readonly base?: string
  /** Builds anew, with Debian's packages of today. */
  readonly fresh?: boolean
}

export interface Images {
  readonly ferrule: string
  readonly frr: string
}

export async function ensureImages(
  docker: Docker,
  say: (line: string) => void,
  { tag = 'dev', base, fresh = false }: ImageOptions = {},
): Promise<Images> {
  const images = { ferrule: `ferrule:${tag}`, frr: `ferrule-frr:${tag}` }
  const builds: readonly (readonly [ImageName, string])[] = [
    ['ferrule-frr', images.frr],
    ['ferrule', images.ferrule],
  ]
  await using _ = await holdBuildLock()
  let found = base
  for (const [name, image] of builds) {
    const sources = await fingerprint(name)
    const asked = fresh || base !== undefined
    if (!asked && (await labelOf(docker, image, SOURCES)) === sources) continue
    found ??= await findBase(docker, { say, fresh })
    const wanted = { name, image, sources, base: found, fresh }
    await timed(say, image, () => build(docker, wanted))
  }
  return images
}

async function holdBuildLock(): Promise<AsyncDisposable> {
  const path = join(dirname(engineDir(process.env)), 'images.lock')
  await mkdir(dirname(path), { recursive: true })
  return await holdLock(path)
}

/** Nothing when there is no such image. */
export async function labelOf(docker: Docker, image: string, label: string): Promise<string> {
  if ((await docker.run(['image', 'ls', '--quiet', image])) === '') return ''
  const format = `{{index .Config.Labels ${JSON.stringify(label)}}}`
  return await docker.run(['image', 'inspect', '--format', format, image])
}

interface Build {
  readonly name: ImageName
  readonly image: string
  readonly sources: string
  readonly base: string
  readonly fresh: boolean
}

async function build(docker: Docker, { name, image, sources, base, fresh }: Build): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-image-'))
  await using _ = { [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) }
  await stageContext(name, dir)
  const { version, commit } = await identity()
  const labels = {
    [SOURCES]: sources,
    [BASE_NAME]: base,
    'org.opencontainers.image.version': version,
    ...(commit === undefined ? {} : { 'org.opencontainers.image.revision': commit }),
  }
  await docker.run([
    'build',
    '--quiet',
    // An engine without a bridge has no other way out.
    '--network=host',
    `--file=${join(dir, dockerfile(name))}`,
    `--tag=${image}`,
    `--build-arg=BASE=${base}`,
    ...(await mirrorArgs()),
    ...Object.entries(labels).map(([key, value]) => `--label=${key}=${value}`),
    ...(fresh ? ['--no-cache'] : []),
    dir,
  ])
  // The one that had this name before.
  await docker.run(['image', 'prune', '--force', `--filter=label=${SOURCES}`])
}

async function timed(
  say: (line: string) => void,
  image: string,
  work: () => Promise<void>,
): Promise<void> {
  say(`building ${image}`)
  const start = performance.now()
  await work()
  say(`${image} is ready, after ${((performance.now() - start) / 1000).toFixed(1)} s`)
}
