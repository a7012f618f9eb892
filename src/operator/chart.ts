// The Helm chart, from the base and the table of settings: one source, so that every way to install
// yields the same objects.
import assert from 'node:assert/strict'
import { type Document, isScalar } from 'yaml'
import type { BaseFile } from './base.ts'
import { FOREIGN } from './chart-foreign.ts'
import { allOf, isOf, templateOf } from './chart-template.ts'
import { renderValues, renderValuesSchema } from './chart-values.ts'
import { parseImage } from './image.ts'
import { printSpot, within } from './place.ts'
import type { Setting } from './setting.ts'
import { NAMESPACE, SETTINGS } from './settings.ts'
import { findIn } from './yaml-places.ts'

export interface ChartFile {
  readonly path: string
  readonly content: string
}

export interface Chart {
  readonly files: readonly BaseFile[]
  readonly version: string
  /** First line of every file. */
  readonly mark: string
}

export function buildChart({ files, version, mark }: Chart): ChartFile[] {
  const appVersion = tagOf(files)
  const settings = chartSettings(files)
  return [
    { path: 'Chart.yaml', content: `# ${mark}\n${chartYaml(version, appVersion)}` },
    { path: 'values.yaml', content: renderValues(settings, `${mark} ${VALUES_HEAD}`) },
    { path: 'values.schema.json', content: renderValuesSchema(settings) },
    { path: 'templates/_image.tpl', content: `{{/* ${mark} */}}\n${IMAGE}` },
    { path: 'templates/refused-values.yaml', content: `{{- /* ${mark} */}}\n${refusedValues()}` },
    { path: 'templates/NOTES.txt', content: `{{- /* ${mark} */ -}}\n${NOTES}` },
    ...files.flatMap((file) => templateFile(file, settings, mark)),
  ]
}

const VALUES_HEAD =
  "Names are those of MetalLB's chart where they mean the same. What is empty leaves things as the manifests of Ferrule have them; docs/helm.md tells more."

const chartYaml = (version: string, appVersion: string) => `apiVersion: v2
name: ferrule
description: A load balancer for bare-metal Kubernetes, API compatible with MetalLB.
type: application
version: ${version}
appVersion: ${JSON.stringify(appVersion)}
kubeVersion: ">= 1.25.0-0"
`

/** A digest says more than a tag. */
const IMAGE = `{{- define "ferrule.image" -}}
{{- $root := index . 0 }}{{ $image := index . 1 -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default $root.Chart.AppVersion }}
{{- end -}}
{{- end -}}
`

const NOTES = `Ferrule runs in {{ .Release.Namespace }}. Give it addresses and somebody to tell, for example:

  kubectl apply -n {{ .Release.Namespace }} -f - <<'END'
  apiVersion: metallb.io/v1beta1
  kind: IPAddressPool
  metadata: { name: first }
  spec: { addresses: [192.0.2.0/24] }
  ---
  apiVersion: metallb.io/v1beta1
  kind: L2Advertisement
  metadata: { name: first }
  END

Where Pod Security is enforced the speakers need a namespace that allows them:

  kubectl label namespace {{ .Release.Namespace }} pod-security.kubernetes.io/enforce=privileged

What is wrong, if anything: kubectl get configurationstates -n {{ .Release.Namespace }}
{{- if .Values.crds.enabled }}
Uninstalling leaves the definitions, and with them every object that was written.
{{- end }}
`

/** One message for all of them. */
function refusedValues(): string {
  const rules = FOREIGN.map(({ path, harmless, why }) => {
    const words = [path, harmless.map((one) => goString(canonical(one))).join(' '), why]
    return `  (list ${goString(words[0]!)} (list ${words[1]}) ${goString(words[2]!)})`
  })
  return `{{- /*
  Values of MetalLB's chart that mean nothing here: which, what of them does no harm, and why.
*/}}
{{- $rules := list
${rules.join('\n')}
}}
${REFUSE}`
}

const goString = (text: string) => (text.includes('"') ? `\`${text}\`` : `"${text}"`)

/** As Helm's toJson prints it: keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}

const REFUSE = `{{- $problems := list }}
{{- range $rules }}
  {{- $value := $.Values }}
  {{- range splitList "." (index . 0) }}
    {{- if kindIs "map" $value }}{{ $value = index $value . }}{{ else }}{{ $value = "" }}{{ end }}
  {{- end }}
  {{- if not (has (toJson $value) (concat (list "null" "\\"\\"") (index . 1))) }}
    {{- $problems = append $problems (printf "%s: %s" (index . 0) (index . 2)) }}
  {{- end }}
{{- end }}
{{- range $role := list "controller" "speaker" }}
  {{- $values := index $.Values $role }}
  {{- if regexMatch "(^|/)metallb/(controller|speaker)$" $values.image.repository }}
    {{- $problems = append $problems (printf "%s.image.repository: %s is MetalLB's image, not Ferrule's" $role $values.image.repository) }}
  {{- end }}
  {{- if ne (toJson ($values.readinessProbe.port | default $values.livenessProbe.port)) (toJson $values.livenessProbe.port) }}
    {{- $problems = append $problems (printf "%s.readinessProbe.port: one port is asked for both; say livenessProbe.port" $role) }}
  {{- end }}
{{- end }}
{{- with $problems }}{{ fail (printf "\\n  %s\\n" (join "\\n  " .)) }}{{ end }}
`

/** The namespace is Helm's: it has to be there before the chart is. */
const isHelms = (document: Document) => document.get('kind') === 'Namespace'

function templateFile(
  { path, documents }: BaseFile,
  settings: readonly Setting[],
  mark: string,
): ChartFile[] {
  const ours = documents.filter((document) => !isHelms(document))
  if (ours.length === 0) return []
  const templates = ours.map((document) => {
    const { conditions, text } = templateOf(kept(document), settings, renamed)
    return { condition: conditions.length === 0 ? '' : allOf(conditions), text: bare(text) }
  })
  const [first] = templates
  const head = `{{- /* ${mark} */}}\n`
  const isOne = templates.every(({ condition }) => condition === first!.condition)
  const bodies = isOne
    ? under(first!.condition, templates.map(({ text }) => text).join('---\n'))
    : templates.map(({ condition, text }) => under(condition, `---\n${text}`)).join('')
  return [{ path: `templates/${path}`, content: head + bodies }]
}

const under = (condition: string, text: string) =>
  condition === '' ? text : `{{- if ${condition} }}\n${text}{{- end }}\n`

/** Without the mark of the file it came from. */
const bare = (text: string) => `${text.replace(/^# Generated by .*\n/, '').trimEnd()}\n`

/**
 * Definitions are templates, so that an upgrade brings them up to date; Helm's folder crds/ is only ever
 * installed. Kept when the chart goes, for with a definition go all objects of its kind.
 */
function kept(document: Document): Document {
  if (document.get('kind') !== 'CustomResourceDefinition') return document
  const marked = document.clone()
  marked.setIn(['metadata', 'annotations', 'helm.sh/resource-policy'], 'keep')
  return marked
}

function renamed(text: string): string | undefined {
  if (text === NAMESPACE) return '{{ .Release.Namespace | quote }}'
  const label = `namespace="${NAMESPACE}"`
  return text.includes(label)
    ? text.replaceAll(label, 'namespace="{{ .Release.Namespace }}"')
    : undefined
}

/** Images are those of the base: a release names its own in the kustomization. */
export function chartSettings(files: readonly BaseFile[]): Setting[] {
  const documents = files.flatMap((file) => file.documents)
  const appVersion = tagOf(files)
  return SETTINGS.map((setting) => {
    const at = setting.changes.find((change) => change.do === 'image')?.at
    if (at === undefined) return setting
    const [found] = documents
      .filter((document) => isOf(document, at.object))
      .flatMap((document) => findIn(document, within(at, 'image').path))
    assert(isScalar(found?.node), `the base has nothing at ${printSpot(at)}`)
    const { repository, tag = '', digest = '' } = parseImage(String(found.node.value))
    const ofRelease = { repository, tag: tag === appVersion ? '' : tag, digest }
    return { ...setting, initial: { ...(setting.initial as object), ...ofRelease } }
  })
}

/** What the images of the base are tagged with. */
function tagOf(files: readonly BaseFile[]): string {
  const tags = files
    .flatMap(({ documents }) => documents.map((one) => one.toJS()))
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ spec }) => parseImage(spec.template.spec.containers[0].image).tag)
  return tags[0] ?? 'latest'
}
