// The template that renders nothing, and fails where a value of MetalLB's chart means nothing here.
import { FOREIGN } from './chart-foreign.ts'

/** One message for all of them. */
export function renderRefusals(): string {
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
