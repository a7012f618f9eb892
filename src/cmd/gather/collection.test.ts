import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { execa } from 'execa'
import { Collection, type Keep, safePath } from './collection.ts'
import { Redactor } from './redactor.ts'
import { tarOf } from './tar.ts'
import { prepareFolder, writeArchive, writeFolder } from './write-out.ts'

const LIMITS = { fileBytes: 300, totalBytes: 1000, files: 4 }
const collection = (limits = LIMITS) => new Collection(new Redactor(), limits)
const textOf = (files: Collection, path: string) =>
  files.files([]).find((one) => one.path === path)?.text

test('the index says what each file is, and what could not be had and why', async () => {
  const files = collection()
  files.addText('b.txt', 'text', 'the second')
  files.addText('a/long-name.txt', 'text', 'the first')
  const fail = () => Promise.reject(new Error('the password letmein was wrong'))
  await files.try('c.txt', fail, (error) => (error as Error).message)
  assert.equal(
    textOf(files, 'index.txt'),
    [
      ...['', '2 files; secrets are replaced by ***.', ''],
      ...['a/long-name.txt  the first', 'b.txt            the second', ''],
      ...['What could not be had, and why:', '', 'c.txt: the password *** was wrong', ''],
    ].join('\n'),
  )
})

const LINES = Array.from({ length: 100 }, (_, at) => `line ${at}\n`).join('')
for (const [keep, expected] of [
  ['head', /^\[\d+ characters are left out.*\]\nline 0\nline 1\n(?:line \d+\n)+$/],
  ['tail', /^\[\d+ characters are left out.*\]\n(?:line \d+\n)+line 98\nline 99\n$/],
] as readonly (readonly [Keep, RegExp])[]) {
  test(`of a file that is too long the ${keep} is kept, in whole lines, and it says so`, () => {
    const files = collection()
    files.addText('a', LINES, 'lines', keep)
    const text = textOf(files, 'a')!
    assert.match(text, expected)
    assert.ok(Buffer.byteLength(text) <= LIMITS.fileBytes)
    assert.match(textOf(files, 'index.txt')!, /lines \(cut: \d+ characters are left out\)/)
  })
}

test('one endless line of wide letters is cut, too', () => {
  const files = collection()
  files.addText('a', 'ä'.repeat(1000), '', 'tail')
  assert.ok(Buffer.byteLength(textOf(files, 'a')!) <= LIMITS.fileBytes)
})

test('all files together are bounded, and how many they are', () => {
  const files = collection({ ...LIMITS, totalBytes: 250 })
  for (const name of ['a', 'b', 'c']) files.addText(name, 'x'.repeat(100), '')
  assert.deepEqual(files.missing, [
    { path: 'c', why: 'all files together would be more than 0 MB' },
  ])
  const many = collection({ ...LIMITS, files: 1 })
  for (const name of ['a', 'b']) many.addText(name, 'x', '')
  assert.deepEqual(many.missing, [{ path: 'b', why: 'there are 1 files already' }])
})

test('what is learned last is taken out of what was gathered first', () => {
  const files = collection()
  files.addText('a', 'it was open-sesame', '')
  files.addText('b', ' neighbor r password open-sesame', '')
  assert.equal(textOf(files, 'a'), 'it was ***')
})

for (const [path, expected] of [
  ['../../etc/passwd', 'etc/passwd'],
  ['/a//b', 'a/b'],
  ['a b/\u0000c', 'a_b/_c'],
  ['..', '_'],
  ['pods/speaker-x1/frr.log', 'pods/speaker-x1/frr.log'],
] as const) {
  test(`a name from a cluster: ${JSON.stringify(path)}`, () =>
    assert.equal(safePath(path), expected))
}

suite('written', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ferrule-gather-'))
  after(() => rmSync(dir, { recursive: true }))
  const long = `${'d'.repeat(90)}/${'e'.repeat(90)}.txt`
  const files = [
    { path: 'index.txt', text: 'ä'.repeat(300) },
    { path: 'empty.txt', text: '' },
    { path: long, text: 'deep' },
  ]

  test('a folder that nobody else may read, and that held nothing', async () => {
    const to = join(dir, 'folder')
    await prepareFolder(to)
    await writeFolder(to, files)
    for (const { path, text } of files) assert.equal(readFileSync(join(to, path), 'utf8'), text)
    assert.equal(statSync(to).mode & 0o777, 0o700)
    assert.equal(statSync(join(to, 'index.txt')).mode & 0o777, 0o600)
    await assert.rejects(prepareFolder(to), /is not empty/)
  })

  test('an archive that tar reads', async () => {
    const to = join(dir, 'all.tar.gz')
    await writeArchive({ to, folder: 'gathered', at: Date.UTC(2026, 4, 17) }, files)
    await execa('tar', ['-xzf', to, '-C', dir])
    for (const { path, text } of files) {
      assert.equal(readFileSync(join(dir, 'gathered', path), 'utf8'), text)
    }
    assert.equal(statSync(join(dir, 'gathered/index.txt')).mtimeMs, Date.UTC(2026, 4, 17))
  })

  test('an archive of nothing', async () => {
    const to = join(dir, 'none.tar')
    writeFileSync(to, tarOf([], 'gathered', 0))
    assert.equal((await execa('tar', ['-tf', to])).stdout, '')
  })
})
