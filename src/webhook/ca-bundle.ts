// Where the API server looks for the authority behind our certificate: the bundle in each webhook of
// a configuration, and in the conversion of a definition. From such an object to what it says, and to
// the patch it needs. Pure.
import { z } from 'zod'

/** RFC 6902, as `application/json-patch+json`. */
export interface PatchStep {
  readonly op: 'test' | 'add'
  readonly path: string
  readonly value: unknown
}

const Metadata = z.looseObject({ annotations: z.record(z.string(), z.string()).default({}) })
const Client = z.looseObject({ caBundle: z.string().default('') })
const Configuration = z.looseObject({
  metadata: Metadata.optional(),
  webhooks: z.array(z.looseObject({ name: z.string(), clientConfig: Client })).default([]),
})
const Definition = z.looseObject({
  metadata: Metadata.optional(),
  spec: z.looseObject({
    conversion: z
      .looseObject({ webhook: z.looseObject({ clientConfig: Client.optional() }).optional() })
      .optional(),
  }),
})

/** What an object tells the API server, decoded; empty where it says nothing. */
export interface Told {
  readonly bundles: readonly string[]
  /** Another controller was asked to write them. */
  readonly isInjected: boolean
}

export interface Wanted {
  readonly bundle: string
  /** One that stands there and says enough stays, whoever wrote it: two writers take no turns. */
  readonly isEnough: (bundle: string) => boolean
}

/** An object of either sort, read to see what it says and to patch what it lacks. */
export interface Teller {
  told(object: unknown): Told
  patch(object: unknown, wanted: Wanted): readonly PatchStep[]
}

export const configurations: Teller = {
  told(object) {
    const { metadata, webhooks } = Configuration.parse(object)
    const bundles = webhooks.map(({ clientConfig }) => decode(clientConfig.caBundle))
    return { bundles, isInjected: isInjected(metadata) }
  },
  patch(object, { bundle, isEnough }) {
    const { bundles, isInjected } = configurations.told(object)
    if (isInjected) return []
    return Configuration.parse(object).webhooks.flatMap(({ name }, index): PatchStep[] => {
      if (isEnough(bundles[index]!)) return []
      const at = `/webhooks/${index}`
      return [
        // An entry may have moved since the object was read.
        { op: 'test', path: `${at}/name`, value: name },
        { op: 'add', path: `${at}/clientConfig/caBundle`, value: encode(bundle) },
      ]
    })
  },
}

/** A definition without a conversion webhook needs none. */
export const definitions: Teller = {
  told(object) {
    const { metadata, spec } = Definition.parse(object)
    const client = spec.conversion?.webhook?.clientConfig
    return { bundles: client ? [decode(client.caBundle)] : [], isInjected: isInjected(metadata) }
  },
  patch(object, { bundle, isEnough }) {
    const { bundles, isInjected } = definitions.told(object)
    if (isInjected || bundles.every(isEnough)) return []
    const path = '/spec/conversion/webhook/clientConfig/caBundle'
    return [{ op: 'add', path, value: encode(bundle) }]
  },
}

/** cert-manager writes what these name, and would do so again and again. */
const INJECTED = [
  'cert-manager.io/inject-ca-from',
  'cert-manager.io/inject-ca-from-secret',
  'cert-manager.io/inject-apiserver-ca',
]

const isInjected = (metadata: z.output<typeof Metadata> | undefined): boolean =>
  INJECTED.some((name) => (metadata?.annotations[name] ?? '') !== '')

const decode = (text: string): string => Buffer.from(text, 'base64').toString()
const encode = (text: string): string => Buffer.from(text).toString('base64')
