// The list of what an image is made of, as CycloneDX 1.5 in JSON, and reading Debian's own list of packages.
// CycloneDX and not SPDX, because Debian's names of licences (GPL-2+) are no SPDX expressions, and
// CycloneDX lets a licence have any name.

export interface DebianPackage {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly source: string
  readonly maintainer: string
  readonly licenses: readonly string[]
}

export interface NpmPackage {
  readonly name: string
  readonly version: string
  readonly license?: string
}

export interface ImageFacts {
  readonly image: string
  readonly version: string
  /** `sha256:…`, which is what the list is of. */
  readonly id: string
  readonly created: string
  readonly base: string
  /** `13`, of Debian. */
  readonly debian: string
  readonly debianPackages: readonly DebianPackage[]
  readonly npmPackages: readonly NpmPackage[]
  /** `24.21.0`, where there is a Node. */
  readonly node?: string
}

interface Component {
  readonly type: 'library' | 'application' | 'container' | 'operating-system' | 'platform'
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly purl?: string
  readonly licenses?: readonly { readonly license: { readonly name: string } }[]
  readonly supplier?: { readonly name: string }
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}

/** As of https://cyclonedx.org/docs/1.5/json/. */
export function cycloneDx(facts: ImageFacts) {
  const root = `container:${facts.image}`
  const parts = [
    debian(facts),
    ...facts.debianPackages.map((one) => debianComponent(one, facts.debian)),
    ...(facts.node === undefined ? [] : [nodeComponent(facts.node)]),
    ...facts.npmPackages.map(npmComponent),
  ].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1))
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      timestamp: facts.created,
      component: {
        type: 'container',
        'bom-ref': root,
        name: facts.image,
        version: facts.version,
        properties: properties({ 'image:id': facts.id, 'image:base': facts.base }),
      },
    },
    components: parts,
    dependencies: [
      { ref: root, dependsOn: parts.map((part) => part['bom-ref']) },
      ...parts.map((part) => ({ ref: part['bom-ref'] })),
    ],
  } as const
}

const properties = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([name, value]) => ({ name: `ferrule:${name}`, value }))

const named = (names: readonly string[]) =>
  names.length === 0 ? {} : { licenses: names.map((name) => ({ license: { name } })) }

function debian({ debian }: ImageFacts): Component {
  return { type: 'operating-system', 'bom-ref': 'os:debian', name: 'debian', version: debian }
}

function debianComponent(one: DebianPackage, release: string): Component {
  const { name, version, architecture, source } = one
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}&distro=debian-${release}`
  return {
    ...{ type: 'library', 'bom-ref': purl, name, version, purl },
    ...named(one.licenses),
    supplier: { name: one.maintainer },
    properties: properties({ 'deb:source': source }),
  }
}

function npmComponent({ name, version, license }: NpmPackage): Component {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  return {
    ...{ type: 'library', 'bom-ref': purl, name, version, purl },
    ...named(license === undefined ? [] : [license]),
  }
}

/** The program, with all it is linked with; its licence file names those. */
function nodeComponent(version: string): Component {
  const purl = `pkg:generic/nodejs@${version}`
  return { type: 'platform', 'bom-ref': purl, name: 'node', version, purl, ...named(['MIT']) }
}

/** /var/lib/dpkg/status: paragraphs of `Field: value`; lines that begin with a blank go on. */
export function parseDpkgStatus(text: string): Omit<DebianPackage, 'licenses'>[] {
  return text.split(/\n{2,}/).flatMap((paragraph) => {
    const fields = new Map(
      [...paragraph.matchAll(/^([A-Za-z-]+): (.*)$/gm)].map(([, name, value]) => [name!, value!]),
    )
    const [name, version] = [fields.get('Package'), fields.get('Version')]
    if (!name || !version || fields.get('Status') !== 'install ok installed') return []
    return {
      name,
      version,
      architecture: fields.get('Architecture') ?? 'all',
      source: fields.get('Source') ?? name,
      maintainer: fields.get('Maintainer') ?? 'Debian',
    }
  })
}

/** What a copyright file of Debian names, in the machine readable form that most have. */
export function licensesIn(copyright: string): string[] {
  const found = [...copyright.matchAll(/^License: *([^\s].*?)\s*$/gm)].map(([, name]) => name!)
  return [...new Set(found)].sort()
}
