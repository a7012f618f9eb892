// Docker with all images that a topology names: ours, and BIRD's where one of its routers is a BIRD.
import { createHash } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IMAGES } from '../../../src/lab/containerlab.ts'
import { type Docker, openDocker, whyNoDocker } from '../../../src/lab/docker.ts'
import { findBase, mirrorArgs } from '../../../src/lab/image-base.ts'
import { ensureImages, labelOf } from '../../../src/lab/images.ts'
import type { Network } from '../../../src/lab/topology.ts'
import { find, ROOT, read } from '../../support/source.ts'

/** For `skip`: why these tests cannot run here. With CI=true they run, and say it by failing. */
export async function skipWithoutDocker(): Promise<string | false> {
  const why = process.getuid?.() === 0 ? await whyNoDocker() : 'root is needed for the cables'
  return why !== undefined && process.env.CI !== 'true' && why
}

export async function openDockerWithImages(
  network: Network,
  say: (line: string) => void,
): Promise<Docker> {
  const docker = await openDocker(say)
  try {
    await ensureImages(docker, say)
    const hasBird = network.routers.some(({ implementation }) => implementation === 'bird')
    if (hasBird) await ensureBird(docker, say)
    return docker
  } catch (error) {
    await docker[Symbol.asyncDispose]()
    throw error
  }
}

const DOCKERFILE = 'test/containerlab/bird/Dockerfile'
const SOURCES = 'ferrule.sources'

async function ensureBird(docker: Docker, say: (line: string) => void): Promise<void> {
  const hash = createHash('sha256')
  for (const path of find(DOCKERFILE, 'images/debian/*')) hash.update(`${path}\n${read(path)}`)
  const sources = hash.digest('hex').slice(0, 32)
  if ((await labelOf(docker, IMAGES.bird, SOURCES)) === sources) return
  say(`building ${IMAGES.bird}`)
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-image-'))
  await using _ = { [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) }
  await cp(join(ROOT, 'images/debian'), join(dir, 'images/debian'), { recursive: true })
  await docker.run([
    // An engine without a bridge has no other way out.
    ...['build', '--quiet', '--network=host', `--file=${join(ROOT, DOCKERFILE)}`],
    ...[`--tag=${IMAGES.bird}`, `--label=${SOURCES}=${sources}`],
    `--build-arg=BASE=${await findBase(docker, { say, fresh: false })}`,
    ...(await mirrorArgs()),
    dir,
  ])
}
