import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cycloneDx, licensesIn, parseDpkgStatus } from './sbom.ts'

const STATUS = `Package: libc6
Status: install ok installed
Priority: optional
Maintainer: GNU Libc Maintainers <libc@example.org>
Architecture: arm64
Source: glibc
Version: 2.41-12+deb13u4
Description: GNU C Library
 Version: of a description is none

Package: gone
Status: deinstall ok config-files
Version: 1

Package: tini
Status: install ok installed
Architecture: arm64
Version: 0.19.0-3+b7
`

test("Debian's list: what is installed, and nothing of descriptions", () => {
  const [libc, tini, ...more] = parseDpkgStatus(STATUS)
  assert.deepEqual(libc, {
    name: 'libc6',
    version: '2.41-12+deb13u4',
    architecture: 'arm64',
    source: 'glibc',
    maintainer: 'GNU Libc Maintainers <libc@example.org>',
  })
  assert.equal(tini?.source, 'tini', 'a package that names no source is its own')
  assert.deepEqual(more, [])
})

test('licences of a copyright file: each once, the plain text of an old one has none', () => {
  const text = 'Files: *\nLicense: GPL-2+\n text\nFiles: x\nLicense: MIT\n\nLicense: GPL-2+\n .'
  assert.deepEqual(licensesIn(text), ['GPL-2+', 'MIT'])
  assert.deepEqual(licensesIn('This is under the License: see below'), [])
})

test('a list names a package by what scanners look for', () => {
  const bom = cycloneDx({
    image: 'ferrule:dev',
    version: '0.1.0',
    id: 'sha256:00',
    created: '2026-01-01T00:00:00Z',
    base: 'debian:trixie-slim',
    debian: '13',
    node: '24.21.0',
    debianPackages: parseDpkgStatus(STATUS).map((one) => ({ ...one, licenses: [] })),
    npmPackages: [{ name: '@kubernetes/client-node', version: '2.0.1', license: 'Apache-2.0' }],
  })
  assert.deepEqual(
    bom.components.map(({ purl, name }) => purl ?? name),
    [
      'debian',
      'pkg:deb/debian/libc6@2.41-12%2Bdeb13u4?arch=arm64&distro=debian-13',
      'pkg:deb/debian/tini@0.19.0-3%2Bb7?arch=arm64&distro=debian-13',
      'pkg:generic/nodejs@24.21.0',
      'pkg:npm/%40kubernetes/client-node@2.0.1',
    ],
  )
})
