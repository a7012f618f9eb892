// The files of the status page, read once from the installation: beside this file in a checkout, beside
// the bundle in a package. What is not in the list is not served.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Route } from './routes.ts'

/** Path → file of `page/`. */
const FILES = {
  '/': 'status.html',
  '/page.css': 'page.css',
  '/main.js': 'main.js',
  '/connection.js': 'connection.js',
  '/element.js': 'element.js',
  '/section.js': 'section.js',
  '/sections.js': 'sections.js',
  '/rows.js': 'rows.js',
  '/table.js': 'table.js',
  '/words.js': 'words.js',
  '/icon.svg': 'icon.svg',
} as const

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

export function pageRoutes(): (readonly [string, Route])[] {
  return Object.entries(FILES).map(([path, file]) => {
    const text = readFileSync(join(import.meta.dirname, 'page', file), 'utf8')
    const type = TYPES[file.split('.').at(-1)!]!
    return [path, { answer: () => ({ type, text }) }] as const
  })
}
