import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import test from 'node:test'
import { parse } from 'yaml'
import { eventually } from '../../test/support/eventually.ts'
import { serviceYaml, type TemporaryFolder, temporaryFolder } from '../../test/support/folder.ts'
import type { Service } from '../api/core.ts'
import { type Folder, openFolder } from './folder.ts'

const POOL = 'metallb.io/ip-allocated-from-pool'
const open = ({ dir }: TemporaryFolder, watch = true): Folder =>
  openFolder({ dir, namespace: 'metallb-system', onError: assert.fail, watch })

/** What a reader of all changes knows: key → the object's port, or its problems' codes. */
class Reader {
  readonly known = new Map<string, unknown>()
  readonly #folder: Folder
  constructor(folder: Folder) {
    this.#folder = folder
  }
  read(): Map<string, unknown> {
    for (const { ref, object, problems } of this.#folder.takeChanges()) {
      const service = object as Service | undefined
      if (problems) this.known.set(ref.name, problems[0]!.code)
      else if (service) this.known.set(ref.name, service.spec.ports[0]?.port)
      else this.known.delete(ref.name)
    }
    return this.known
  }
  becomes(expected: Record<string, unknown>): Promise<void> {
    return eventually(() => assert.deepEqual(Object.fromEntries(this.read()), expected))
  }
}

const withPort = (name: string, port: number) =>
  serviceYaml(name).replace('port: 80', `port: ${port}`)

test('files appear, change, move and go, in new folders too', async () => {
  using files = temporaryFolder({ 'a.yaml': withPort('a', 1) })
  await using folder = open(files)
  const reader = new Reader(folder)
  await reader.becomes({ a: 1 })
  files.write('a.yaml', withPort('a', 2))
  await reader.becomes({ a: 2 })
  files.write('deep/er/b.yml', withPort('b', 3))
  await reader.becomes({ a: 2, b: 3 })
  files.write('deep/er/b.yml', withPort('b', 4))
  await reader.becomes({ a: 2, b: 4 })
  renameSync(files.path('deep'), files.path('moved'))
  files.write('moved/er/b.yml', withPort('b', 5))
  await reader.becomes({ a: 2, b: 5 })
  files.remove('moved')
  await reader.becomes({ a: 2 })
})

test('a folder that is removed and made again at once is still watched', async () => {
  using files = temporaryFolder({ 'sub/a.yaml': withPort('a', 1) })
  await using folder = open(files)
  const reader = new Reader(folder)
  await reader.becomes({ a: 1 })
  files.remove('sub')
  files.write('sub/b.yaml', withPort('b', 2))
  await reader.becomes({ b: 2 })
  files.write('sub/b.yaml', withPort('b', 3))
  await reader.becomes({ b: 3 })
})

test('of many writes to a file in a row, the last one counts', async () => {
  using files = temporaryFolder({ 'a.yaml': withPort('a', 1) })
  await using folder = open(files)
  const reader = new Reader(folder)
  for (let port = 2; port <= 50; port++) {
    files.write('a.yaml', withPort('a', port))
    if (port % 10 === 0) await reader.becomes({ a: port })
  }
})

test('an emptied or half-written file takes nothing away, a file that stays so does', async () => {
  using files = temporaryFolder({ 'a.yaml': `${withPort('a', 1)}${withPort('b', 1)}` })
  await using folder = open(files)
  const reader = new Reader(folder)
  await reader.becomes({ a: 1, b: 1 })
  const seen: unknown[] = []
  folder.onChange(() => seen.push(Object.fromEntries(reader.read())))
  files.write('a.yaml', '')
  files.write('a.yaml', withPort('a', 2))
  files.write('a.yaml', `${withPort('a', 2)}${withPort('b', 2)}`)
  await eventually(() => assert.deepEqual(seen, [{ a: 2, b: 2 }]))
  files.write('a.yaml', withPort('a', 3))
  await eventually(() => assert.deepEqual(seen.at(-1), { a: 3 }))
})

test('a syntax error is a problem with its place, and the last good version stays', async () => {
  using files = temporaryFolder({ 'a.yaml': `${withPort('a', 1)}${withPort('b', 1)}` })
  await using folder = open(files)
  const reader = new Reader(folder)
  await reader.becomes({ a: 1, b: 1 })
  files.write('a.yaml', `${withPort('a', 2)}---\nkind: {x\n`)
  await reader.becomes({ a: 2, b: 1 })
  const [problem] = folder.problems()
  assert.equal(
    `${problem?.name} ${problem?.path} ${problem?.code}`,
    'a.yaml line 13, column 1 syntax',
  )
  files.write('a.yaml', withPort('a', 2))
  await reader.becomes({ a: 2 })
  assert.deepEqual(folder.problems(), [])
})

test('of an object in two files the first file counts, and both are named', async () => {
  using files = temporaryFolder({ 'b.yaml': withPort('a', 2), 'c.yaml': withPort('a', 3) })
  await using folder = open(files)
  const reader = new Reader(folder)
  await reader.becomes({ a: 2 })
  assert.match(folder.problems()[0]!.message, /b\.yaml and in c\.yaml; the one in b\.yaml counts/)
  files.write('a.yaml', withPort('a', 1))
  await reader.becomes({ a: 1 })
  files.remove('a.yaml')
  files.remove('b.yaml')
  await reader.becomes({ a: 3 })
  assert.deepEqual(folder.problems(), [])
})

test('an object that the schema refuses comes with its problems', async () => {
  using files = temporaryFolder({ 'a.yaml': serviceYaml('a').replace('port: 80', 'port: 0') })
  await using folder = open(files)
  await new Reader(folder).becomes({ a: 'too-small' })
})

test('a mounted ConfigMap changes all its files by one link', async () => {
  using files = temporaryFolder({
    '..1/a.yaml': withPort('a', 1),
    '..1/sub/b.yaml': withPort('b', 1),
    '..2/a.yaml': withPort('a', 2),
    '..2/sub/b.yaml': withPort('b', 2),
  })
  symlinkSync('..1', files.path('..data'))
  for (const name of ['a.yaml', 'sub']) symlinkSync(`..data/${name}`, files.path(name))
  await using folder = open(files)
  const reader = new Reader(folder)
  await reader.becomes({ a: 1, b: 1 })
  symlinkSync('..2', files.path('..data_tmp'))
  renameSync(files.path('..data_tmp'), files.path('..data'))
  rmSync(files.path('..1'), { recursive: true })
  await reader.becomes({ a: 2, b: 2 })
  files.write('..2/sub/b.yaml', withPort('b', 3))
  await reader.becomes({ a: 2, b: 3 })
})

test('when the whole folder goes, what stood in it stays, and it is said', async () => {
  using files = temporaryFolder({ 'x/a.yaml': withPort('a', 1) })
  await using folder = openFolder({
    ...{ dir: files.path('x'), namespace: 'm', onError: assert.fail },
  })
  const reader = new Reader(folder)
  await reader.becomes({ a: 1 })
  renameSync(files.path('x'), files.path('y'))
  await eventually(() => assert.equal(folder.problems()[0]?.code, 'folder-gone'))
  await reader.becomes({ a: 1 })
  // A status must not make an empty folder where the full one belongs.
  await assert.rejects(write(folder, '10.0.0.1'), /x is gone; no status is written/)
  assert.deepEqual(readdirSync(files.dir), ['y'])
  renameSync(files.path('y'), files.path('x'))
  await eventually(() => assert.deepEqual(folder.problems(), []))
  await reader.becomes({ a: 1 })
  await write(folder, '10.0.0.1')
  assert.deepEqual(readdirSync(files.path('x/.status')), ['Service'])
})

test('an empty directory in place of the folder, as under an unmounted disk, takes nothing away', async () => {
  using files = temporaryFolder({ 'x/a.yaml': withPort('a', 1) })
  await using folder = openFolder({
    ...{ dir: files.path('x'), namespace: 'm', onError: assert.fail },
  })
  const reader = new Reader(folder)
  await reader.becomes({ a: 1 })
  mkdirSync(files.path('empty'))
  renameSync(files.path('x'), files.path('y'))
  renameSync(files.path('empty'), files.path('x'))
  await eventually(() => assert.equal(folder.problems()[0]?.code, 'folder-gone'))
  await reader.becomes({ a: 1 })
  // With something in it, it is a folder of objects again.
  files.write('x/b.yaml', withPort('b', 2))
  await reader.becomes({ b: 2 })
  assert.deepEqual(folder.problems(), [])
})

const service = (folder: Folder) => folder.takeChanges()[0]?.object as Service | undefined
const write = (folder: Folder, ip: string, pool: string | null = 'p') =>
  folder.writeServiceStatuses([
    { key: 'default/a', ingress: [{ ip }], annotations: { [POOL]: pool } },
  ])

test('a status is written whole, read back by others, and its echo is no change', async () => {
  using files = temporaryFolder({ 'a.yaml': serviceYaml('a') })
  await using controller = open(files)
  await using speaker = open(files)
  service(controller)
  service(speaker)
  await write(controller, '10.0.0.1')
  const own = service(controller)
  assert.equal(own?.status.loadBalancer.ingress[0]?.ip, '10.0.0.1')
  assert.equal(own?.metadata.annotations[POOL], 'p')
  await eventually(() => assert.deepEqual(service(speaker), own))
  const saved = parse(readFileSync(files.path('.status/Service/default/a.yaml'), 'utf8'))
  assert.equal(saved.spec.type, 'LoadBalancer')
  assert.equal(saved.status.loadBalancer.ingress[0].ip, '10.0.0.1')
  // A later change is seen; nothing was reported between it and the write.
  files.write('a.yaml', withPort('a', 7))
  await eventually(() => assert.equal(service(controller)?.spec.ports[0]?.port, 7))
  await write(controller, '10.0.0.2', null)
  assert.equal(service(controller)?.metadata.annotations[POOL], undefined)
})

test('a saved status wins over what the user wrote, and is found again after a restart', async () => {
  const theirs = `status: {loadBalancer: {ingress: [{ip: 9.9.9.9}]}}\n`
  const text = serviceYaml('a', theirs).replace(
    'name: a',
    `name: a\n  annotations: {${POOL}: theirs, mine: kept}`,
  )
  using files = temporaryFolder({ 'a.yaml': text })
  {
    await using folder = open(files)
    assert.equal(service(folder)?.status.loadBalancer.ingress[0]?.ip, '9.9.9.9')
    await write(folder, '10.0.0.1')
  }
  await using folder = open(files, false)
  const found = service(folder)
  assert.equal(found?.status.loadBalancer.ingress[0]?.ip, '10.0.0.1')
  assert.deepEqual(found?.metadata.annotations, { [POOL]: 'p', mine: 'kept' })
})

test('the status of a deleted object goes, that of one that cannot be read stays', async () => {
  using files = temporaryFolder({ 'a.yaml': serviceYaml('a') })
  const path = files.path('.status/Service/default/a.yaml')
  {
    await using folder = open(files)
    await write(folder, '10.0.0.1')
  }
  files.write('a.yaml', 'kind: [\n')
  {
    await using folder = open(files)
    await folder.removeOrphans()
    assert.ok(existsSync(path))
  }
  files.write('a.yaml', '# nothing\n')
  await using folder = open(files)
  await folder.removeOrphans()
  assert.ok(!existsSync(path))
})

test('status objects of a label are exactly those wanted; others stay', async () => {
  using files = temporaryFolder()
  await using folder = open(files)
  const status = (node: string, name: string) => ({
    apiVersion: 'metallb.io/v1beta1',
    kind: 'ServiceBGPStatus',
    metadata: { name, namespace: 'm', labels: { 'metallb.io/node': node } },
    status: { node },
  })
  const path = (name: string) => files.path(`.status/ServiceBGPStatus/m/${name}.yaml`)
  const set = (node: string, ...names: string[]) =>
    folder.writeStatusObjects(
      'ServiceBGPStatus',
      { 'metallb.io/node': node },
      names.map((name) => status(node, name)),
    )
  await set('n1', 'a', 'b')
  await set('n2', 'c')
  await set('n1', 'b')
  assert.deepEqual(
    ['a', 'b', 'c'].map((name) => existsSync(path(name))),
    [false, true, true],
  )
})

test('a status that cannot be written is an error that names the file', async () => {
  using files = temporaryFolder({ 'a.yaml': serviceYaml('a'), '.status': 'a file' })
  await using folder = open(files)
  await assert.rejects(
    write(folder, '10.0.0.1'),
    /cannot write .*\.status\/Service\/default\/a\.yaml/,
  )
})

test('a folder that does not exist is named', () => {
  const options = { dir: '/nowhere/objects', namespace: 'm', onError: assert.fail }
  assert.throws(
    () => openFolder(options),
    /the folder of objects \/nowhere\/objects does not exist/,
  )
})

test('thousands of files and of documents: only what changed is reported', async () => {
  const names = Array.from({ length: 1000 }, (_, index) => `s${index}`)
  using files = temporaryFolder({ 'all.yaml': names.map((name) => withPort(name, 1)).join('') })
  mkdirSync(files.path('many'))
  for (const name of names) files.write(`many/${name}.yaml`, withPort(`m-${name}`, 1))
  await using folder = open(files)
  assert.equal(folder.takeChanges().length, 2000)
  files.write('many/s5.yaml', withPort('m-s5', 2))
  await eventually(() =>
    assert.deepEqual(
      folder.takeChanges().map(({ ref }) => ref.name),
      ['m-s5'],
    ),
  )
  files.write('all.yaml', names.map((name) => withPort(name, name === 's7' ? 2 : 1)).join(''))
  await eventually(() =>
    assert.deepEqual(
      folder.takeChanges().map(({ ref }) => ref.name),
      ['s7'],
    ),
  )
})
