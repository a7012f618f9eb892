// The lists of what the images are made of: complete, true, and of the form that tools read. The form is
// what CycloneDX 1.5 asks of the fields that are used, https://cyclonedx.org/docs/1.5/json/.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { z } from 'zod'
import { type Docker, openDocker } from '../../src/lab/docker.ts'
import { writeSbom } from '../../src/lab/image-parts.ts'
import { ensureImages, type Images } from '../../src/lab/images.ts'
import { ROOT } from '../support/source.ts'
import { skipWithoutDocker } from './support/container-images.ts'

const text = z.string().min(1)
const component = z.strictObject({
  type: z.enum(['library', 'application', 'container', 'operating-system', 'platform']),
  'bom-ref': text,
  name: text,
  version: text,
  purl: z.string().startsWith('pkg:').optional(),
  supplier: z.strictObject({ name: text }).optional(),
  licenses: z.array(z.strictObject({ license: z.strictObject({ name: text }) })).optional(),
  properties: z.array(z.strictObject({ name: text, value: z.string() })).optional(),
})
const Bom = z.strictObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.5'),
  version: z.int().min(1),
  metadata: z.strictObject({ timestamp: z.iso.datetime(), component }),
  components: z.array(component),
  dependencies: z.array(z.strictObject({ ref: text, dependsOn: z.array(text).optional() })),
})
type Bom = z.output<typeof Bom>

suite('what the images are made of', { skip: await skipWithoutDocker() }, () => {
  let docker: Docker
  let images: Images
  let dir: string
  const boms = new Map<string, Bom>()
  before(async () => {
    docker = await openDocker((line) => console.log(line))
    images = await ensureImages(docker, (line) => console.log(line))
    dir = await mkdtemp(join(tmpdir(), 'sbom-'))
    for (const image of [images.ferrule, images.frr]) {
      const path = await writeSbom(docker, image, dir)
      boms.set(image, Bom.parse(JSON.parse(await readFile(path, 'utf8'))))
    }
  })
  after(async () => {
    await rm(dir, { recursive: true, force: true })
    await docker?.[Symbol.asyncDispose]()
  })

  const inImage = (image: string, ...argv: [string, ...string[]]) =>
    docker.run(['run', '--rm', '--network=none', '--entrypoint', argv[0], image, ...argv.slice(1)])

  for (const which of ['ferrule', 'frr'] as const) {
    test(`${which}: each package of Debian, with its version and a licence`, async () => {
      const status = await inImage(images[which], 'cat', '/var/lib/dpkg/status')
      const installed = [...status.matchAll(/^Package: (.*)$/gm)].map(([, name]) => name!)
      const versions = [...status.matchAll(/^Version: (.*)$/gm)].map(([, version]) => version!)
      const listed = partsOf(which, 'pkg:deb/')
      assert.deepEqual(
        listed.map(({ name, version }) => `${name} ${version}`).sort(),
        installed.map((name, index) => `${name} ${versions[index]}`).sort(),
      )
      const licensed = listed.filter(({ licenses }) => licenses !== undefined)
      assert.ok(licensed.length / listed.length > 0.7, 'most copyright files can be read')
    })

    test(`${which}: no program or library is of a package that is not listed`, async () => {
      const docs = (await inImage(images[which], 'ls', '/usr/share/doc')).split('\n')
      const names = new Set(partsOf(which, 'pkg:deb/').map(({ name }) => name))
      assert.deepEqual(
        docs.filter((name) => !names.has(name)),
        [],
        'every package of Debian brings its copyright',
      )
    })

    test(`${which}: references lead somewhere, and each part has one of its own`, () => {
      const { components, dependencies, metadata } = bomOf(which)
      const refs = components.map((part) => part['bom-ref'])
      assert.equal(new Set(refs).size, refs.length)
      const known = new Set([...refs, metadata.component['bom-ref']])
      const used = dependencies.flatMap(({ ref, dependsOn = [] }) => [ref, ...dependsOn])
      assert.deepEqual(
        used.filter((ref) => !known.has(ref)),
        [],
      )
    })
  }

  test('Node, and of npm what the bundle holds: what we depend on, and nothing of our tests', async () => {
    const node = await inImage(images.ferrule, 'node', '--version')
    assert.deepEqual(
      partsOf('ferrule', 'pkg:generic/nodejs').map(({ version }) => `v${version}`),
      [node],
    )
    const listed = new Set(partsOf('ferrule', 'pkg:npm/').map(({ name }) => name))
    const { dependencies, devDependencies } = JSON.parse(
      await readFile(join(ROOT, 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>
    // Node itself is no package of the bundle.
    const ours = Object.keys(dependencies!).filter((name) => name !== 'node')
    assert.deepEqual(
      ours.filter((name) => !listed.has(name)),
      [],
    )
    assert.deepEqual(
      Object.keys(devDependencies!).filter((name) => listed.has(name)),
      [],
    )
    assert.ok([...listed].some((name) => name.includes(`linux-${process.arch}`)))
    assert.deepEqual(partsOf('frr', 'pkg:npm/'), [])
  })

  const bomOf = (which: keyof Images) => boms.get(images[which])!
  const partsOf = (which: keyof Images, purl: string) =>
    bomOf(which).components.filter((part) => part.purl?.startsWith(purl))
})
