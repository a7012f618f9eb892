// Reads the base: the objects of manifests/, as its kustomizations list them. In a checkout they stand
// beside src/, in the image and in a package beside dist/.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Document, isScalar, parse, parseAllDocuments, visit } from 'yaml'
import { formatImage, parseImage } from './image.ts'
import { rankOf } from './install-order.ts'
import { isOperated } from './installation.ts'
import type { KubeObject } from './objects.ts'

export interface BaseFile {
  /** From manifests/. */
  readonly path: string
  /** With the comments, for those who write them down again. */
  readonly documents: readonly Document[]
  /** Installed only where a setting says so. */
  readonly isOptional: boolean
}

/** What the whole does not list, for it needs what not every cluster has; settings turn it on. */
const OPTIONAL = ['monitoring', 'network-policies']

/** In an order in which they can be applied at once. */
export const readBase = (): KubeObject[] => objectsOf(readBaseFiles())

/** For who does not install them: they are most of the base, and half of the time and memory it takes. */
export const readBaseWithoutDefinitions = (dir = findManifests()): KubeObject[] =>
  objectsOf(readBaseFiles(new Map(), dir, (path) => !path.startsWith('crds/')))

const objectsOf = (files: readonly BaseFile[]): KubeObject[] =>
  files
    .flatMap(({ documents }) => documents.map((one) => one.toJS() as KubeObject))
    .toSorted((one, other) => rankOf(one) - rankOf(other))

/** `fresh` stands for files that are about to be written. */
export function readBaseFiles(
  fresh: ReadonlyMap<string, string> = new Map(),
  dir = findManifests(),
  isWanted: (path: string) => boolean = () => true,
): BaseFile[] {
  const read = (path: string) => fresh.get(path) ?? readFileSync(join(dir, path), 'utf8')
  const { images = [] } = parse(read('kustomization.yaml')) as Kustomization
  return ['.', ...OPTIONAL].flatMap((folder) =>
    listed(dir, folder, read)
      .filter(isWanted)
      .map((path) => ({
        path,
        documents: documentsOf(path, read(path), images),
        isOptional: folder !== '.',
      })),
  )
}

/** What is installed with the operator: itself, and of the base all that it does not make. */
export function readOperatorFiles(base: readonly BaseFile[], dir = findManifests()): BaseFile[] {
  const read = (path: string) => readFileSync(join(dir, path), 'utf8')
  const own = listed(dir, 'operator', read).filter((path) => path.startsWith('operator/'))
  const beside = base.filter(({ isOptional }) => !isOptional)
  return [
    ...beside.map(({ documents, ...file }) => ({
      ...file,
      documents: documents.filter((one) => !isOperated({ kind: String(one.get('kind')) })),
    })),
    ...own.map((path) => ({
      ...{ path, isOptional: false },
      documents: documentsOf(path, read(path), []),
    })),
  ]
}

interface Kustomization {
  readonly resources?: readonly string[]
  readonly images?: readonly NewImage[]
}

interface NewImage {
  readonly name: string
  readonly newName?: string
  readonly newTag?: string
  readonly digest?: string
}

function listed(dir: string, folder: string, read: (path: string) => string): string[] {
  const { resources = [] } = parse(read(join(folder, 'kustomization.yaml'))) as Kustomization
  return resources.flatMap((name) => {
    const path = join(folder, name)
    return statSync(join(dir, path)).isDirectory() ? listed(dir, path, read) : [path]
  })
}

function documentsOf(path: string, text: string, images: readonly NewImage[]): Document[] {
  const documents = parseAllDocuments(text)
  if ('empty' in documents) throw new Error(`${path} is empty`)
  for (const document of documents) {
    const [error] = document.errors
    if (error) throw new Error(`${path}: ${error.message}`, { cause: error })
    rename(document, images)
  }
  return documents
}

/** As kustomize does it. */
function rename(document: Document, images: readonly NewImage[]): void {
  visit(document, {
    Pair: (_, { key, value }) => {
      if (!isScalar(key) || key.value !== 'image' || !isScalar(value)) return
      const there = parseImage(String(value.value))
      const found = images.find(({ name }) => name === there.repository)
      if (!found) return
      const { newName = there.repository, newTag = there.tag, digest } = found
      value.value = formatImage({
        repository: newName,
        ...(newTag && { tag: newTag }),
        ...(digest && { digest }),
      })
    },
  })
}

function findManifests(): string {
  const candidates = ['../../manifests', '../manifests'].map((path) =>
    join(import.meta.dirname, path),
  )
  const found = candidates.find((dir) => existsSync(join(dir, 'kustomization.yaml')))
  if (!found) throw new Error(`the manifests are missing; looked in ${candidates.join(' and ')}`)
  return found
}
