// Kind → CustomResourceDefinition. Names, versions and columns are copied from the definition; the
// schemas are those that parse the objects at run time.
import type { z } from 'zod'
import type { Column, Definition, Version } from './definitions.ts'
import { type JsonSchema, jsonSchemaOf, structural } from './json-schema.ts'
import { GROUP } from './kinds.ts'
import { celOf } from './rules.ts'

/** Where the API server finds the webhooks when everything is installed under its usual names. */
const WEBHOOK_NAMESPACE = 'metallb-system'
const WEBHOOK_SERVICE = 'metallb-webhook-service'

export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1'
  readonly kind: 'CustomResourceDefinition'
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly group: string
    readonly names: {
      readonly kind: string
      readonly listKind: string
      readonly plural: string
      readonly singular: string
    }
    readonly scope: 'Namespaced'
    readonly conversion?: object
    readonly versions: readonly CrdVersion[]
  }
}

export interface CrdVersion {
  readonly name: string
  readonly served: true
  readonly storage: boolean
  readonly deprecated?: true
  readonly deprecationWarning?: string
  readonly schema: { readonly openAPIV3Schema: JsonSchema }
  readonly subresources: { readonly status: object }
  readonly additionalPrinterColumns?: readonly Column[]
}

export function buildCrd(definition: Definition): CustomResourceDefinition {
  const { kind, plural, versions, group = GROUP } = definition
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      scope: 'Namespaced',
      ...(versions.length > 1 ? { conversion: conversion() } : {}),
      versions: versions.map((version) => buildVersion(definition, version)),
    },
  }
}

function buildVersion(definition: Definition, version: Version) {
  const { kind, storage, columns } = definition
  const { name, deprecation } = version
  return {
    name,
    served: true as const,
    storage: name === storage,
    ...(deprecation ? { deprecated: true as const, deprecationWarning: deprecation } : {}),
    schema: { openAPIV3Schema: schemaOf(version, { ...definition, path: `${kind} ${name}` }) },
    subresources: { status: {} },
    ...(columns.length > 0 ? { additionalPrinterColumns: columns } : {}),
  }
}

function schemaOf(
  version: Version,
  whole: Pick<Definition, 'description' | 'laws'> & { path: string },
) {
  const { path, description, laws = [] } = whole
  const part = (schema: z.ZodType, name: string, text: string) => ({
    [name]: structural({ description: text, ...jsonSchemaOf(schema) }, `${path} ${name}`),
  })
  return {
    description,
    type: 'object',
    properties: {
      apiVersion: { description: 'Group and version of this object.', type: 'string' },
      kind: { description: 'Kind of this object.', type: 'string' },
      metadata: { type: 'object' },
      ...(version.spec ? part(version.spec, 'spec', 'What is wanted.') : {}),
      ...part(version.status, 'status', 'What was observed.'),
    },
    ...(version.specRequired ? { required: ['spec'] } : {}),
    ...(laws.length > 0 ? { 'x-kubernetes-validations': laws.map(celOf) } : {}),
  }
}

// Without `caBundle`: the controller writes it once it has made its certificate, and an empty or
// invalid one would keep the API server from accepting, or later deleting, the definition. Until
// then objects of the storage version work; only the other versions need the webhook.
// Of the two review versions only v1beta1 exists; v1beta2 stands there in MetalLB's definitions.
function conversion() {
  return {
    strategy: 'Webhook',
    webhook: {
      conversionReviewVersions: ['v1beta1', 'v1beta2'],
      clientConfig: {
        service: { namespace: WEBHOOK_NAMESPACE, name: WEBHOOK_SERVICE, path: '/convert' },
      },
    },
  }
}
