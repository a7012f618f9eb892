import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readBaseFiles } from './base.ts'
import { buildChart } from './chart.ts'
import { renderInstallFile } from './install-file.ts'

const MANIFESTS = join(import.meta.dirname, '../../manifests')

/** A copy in which the images are somebody's own, as a release has them. */
function released() {
  const dir = mkdtempSync(join(tmpdir(), 'base-'))
  cpSync(MANIFESTS, dir, { recursive: true })
  const path = join(dir, 'kustomization.yaml')
  const text = readFileSync(path, 'utf8')
    .replace('newName: ferrule\n', 'newName: registry.example.com:5000/ferrule\n')
    .replace('newTag: dev', 'newTag: v1.2.3')
    .replace('newTag: dev', 'newTag: "10.3"')
  writeFileSync(path, text)
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true }) }
}

test('images are those that the kustomization says, in every way to install', () => {
  using copy = released()
  const files = readBaseFiles(new Map(), copy.dir)
  const text = renderInstallFile(files, 'mark')
  assert.deepEqual([...new Set(text.match(/(?<= image: ).*/g))].toSorted(), [
    'ferrule-frr:10.3',
    'registry.example.com:5000/ferrule:v1.2.3',
  ])
  assert.match(
    text,
    /^# The images are registry\.example\.com:5000\/ferrule:v1\.2\.3 and ferrule-frr:10\.3/m,
  )
  const chart = new Map(
    buildChart({ files, version: '1.2.3', mark: 'mark' }).map((one) => [one.path, one.content]),
  )
  assert.match(chart.get('Chart.yaml')!, /^appVersion: "v1\.2\.3"$/m)
  assert.match(chart.get('values.yaml')!, /repository: registry\.example\.com:5000\/ferrule\n/)
  assert.match(chart.get('values.yaml')!, /repository: ferrule-frr\n +tag: "10\.3"\n/)
})

test('what is about to be written counts, and what is not YAML is said with its file', () => {
  const path = 'webhook/service.yaml'
  const at = (text: string) =>
    readBaseFiles(new Map([[path, text]])).find((file) => file.path === path)!
  assert.equal(at('kind: Service\n').documents[0]!.get('kind'), 'Service')
  assert.throws(() => at('a: [\n'), /^Error: webhook\/service\.yaml: /)
  assert.throws(() => at(''), /^Error: webhook\/service\.yaml is empty/)
})

test('a folder without manifests is an error', () => {
  assert.throws(() => readBaseFiles(new Map(), '/nowhere'), /ENOENT/)
})
