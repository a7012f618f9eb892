// Kind → its page in `docs/reference`: every field with type, default, validation and meaning.
// From the same schemas as the parser and the CRD, so a field is documented by being written.
import assert from 'node:assert/strict'
import type { Definition, Version } from './definitions.ts'
import { EXAMPLES } from './examples.ts'
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts'
import { GROUP } from './kinds.ts'

export function renderReference(definition: Definition): string {
  const { kind, plural, description, storage, versions, group = GROUP } = definition
  const example = EXAMPLES[kind]
  assert(example, `examples.ts has no example of ${kind}`)
  // The newest version first: it is the one to use.
  const sections = versions.toReversed().flatMap(renderVersion)
  return paragraphs([
    `# ${kind}`,
    description,
    `Namespaced, \`${group}/${storage}\`; \`kubectl get ${plural}.${group}\`.`,
    `\`\`\`yaml\n${example}\`\`\``,
    ...sections,
  ])
}

export function renderReferenceIndex(definitions: readonly Definition[]): string {
  const rows = definitions.map(({ kind, description, versions, group = GROUP }) => [
    `[${kind}](${pageOf(kind)})`,
    versions.map(({ name }) => (group === GROUP ? name : `${group}/${name}`)).join(', '),
    description,
  ])
  return paragraphs([
    '# Reference',
    `Kinds of the API group \`${GROUP}\`. A field that its page does not name is a problem that \`ferrule check\` reports; an API server drops it with a warning.`,
    renderTable(['Kind', 'Versions', 'Meaning'], rows),
  ])
}

export const pageOf = (kind: string): string => `${kind.toLowerCase()}.md`

function renderVersion({ name, deprecation, spec, status }: Version): string[] {
  return [
    `## ${name}`,
    ...(deprecation ? [`> ${deprecation}`] : []),
    ...(spec ? renderPart('spec', jsonSchemaOf(spec)) : []),
    ...renderPart('status', jsonSchemaOf(status)),
  ]
}

function renderPart(path: string, schema: JsonSchema): string[] {
  const rows = fieldRows(path, schema)
  if (rows.length === 0) return []
  const rules = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => `- ${message}`)
  return [
    renderTable(['Field', 'Type', 'Default', 'Validation', 'Meaning'], rows),
    ...(rules.length > 0 ? [`Of \`${path}\` as a whole:`, rules.join('\n')] : []),
  ]
}

/** A row for each field, the fields of an object right below it. */
function fieldRows(path: string, { properties = {}, required = [] }: JsonSchema): string[][] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const at = `${path}.${name}`
    const needed = required.includes(name) ? 'required' : defaultOf(field)
    const row = [`\`${at}\``, typeOf(field), needed, validationOf(field), field.description ?? '']
    return [row, ...rowsBelow(at, field)]
  })
}

// A type with a name (LabelSelector, Affinity) is known from Kubernetes' own documentation.
function rowsBelow(at: string, field: JsonSchema): string[][] {
  if (field.title) return []
  if (field.items) return rowsBelow(`${at}[]`, field.items)
  return fieldRows(at, field)
}

function typeOf(field: JsonSchema): string {
  if (field.title) return field.title
  if (field.type === 'array') return `list of ${typeOf(field.items ?? {})}`
  if (field.additionalProperties) return `map of ${typeOf(field.additionalProperties)}`
  return field.type ?? 'any'
}

const defaultOf = ({ default: value }: JsonSchema): string =>
  value === undefined || value === '' || Array.isArray(value) ? '' : `\`${JSON.stringify(value)}\``

function validationOf(field: JsonSchema): string {
  const { enum: options, pattern, minItems, items } = field
  const rules = [
    rangeOf(field),
    options && oneOf(options),
    items?.enum && oneOf(items.enum),
    pattern && `matches \`${pattern}\``,
    minItems && `${minItems} or more`,
    ...(field['x-kubernetes-validations'] ?? []).map(({ message }) => message),
  ]
  return rules.filter(Boolean).join('; ')
}

const oneOf = (options: readonly string[]) =>
  options.map((option) => (option === '' ? 'empty' : `\`${option}\``)).join(', ')

function rangeOf(field: JsonSchema): string | undefined {
  const lowest = field.minimum === Number.MIN_SAFE_INTEGER ? undefined : field.minimum
  const highest = field.maximum === Number.MAX_SAFE_INTEGER ? undefined : field.maximum
  if (lowest === undefined) return highest === undefined ? undefined : `at most ${highest}`
  return highest === undefined ? `at least ${lowest}` : `${lowest} to ${highest}`
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // A bar ends a cell even inside backquotes, unless it is escaped.
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const paragraphs = (parts: readonly string[]): string => `${parts.join('\n\n')}\n`
