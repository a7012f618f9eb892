// The environment of a container as its Pod's spec says it, and the references to it in commands. Pure.
import assert from 'node:assert/strict'
import type { Container, Pod, PodFacts } from './pod.ts'

export function environment(pod: Pod, container: Container, facts: PodFacts): Map<string, string> {
  const env = new Map(Object.entries(facts.env ?? {}))
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (valueFrom === undefined) env.set(name, expandReferences(value ?? '', env))
    else env.set(name, fieldValue(pod, valueFrom.fieldRef?.fieldPath, facts))
  }
  return env
}

function fieldValue({ metadata, spec }: Pod, path: string | undefined, facts: PodFacts): string {
  const key = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path ?? '')
  if (key) return metadata[key[1] as 'labels' | 'annotations']?.[key[2]!] ?? ''
  const values: Record<string, string | undefined> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace ?? 'default',
    'metadata.uid': metadata.uid,
    'spec.nodeName': facts.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName ?? 'default',
    'status.hostIP': facts.hostIP,
    'status.podIP': facts.podIP,
    'status.podIPs': facts.podIP,
  }
  const value = values[path ?? '']
  assert(value !== undefined, `an environment variable from ${path ?? 'something else'}`)
  return value
}

/** `$(NAME)` is a variable's value, `$$` a dollar; what names no variable stays as it is. */
export function expandReferences(text: string, env: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)/g, (whole, name?: string) =>
    name === undefined ? '$' : (env.get(name) ?? whole),
  )
}
