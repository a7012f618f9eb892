// Where the API server looks for the authority behind our certificate: the bundle in each webhook of
// a configuration, and in the conversion of a definition. From such an object to the patch it needs.
import { z } from 'zod'

/** RFC 6902, as `application/json-patch+json`. */
export interface PatchStep {
  readonly op: 'test' | 'add'
  readonly path: string
  readonly value: unknown
}

const Client = z.looseObject({ caBundle: z.string().default(''), service: z.unknown().optional() })
const Configuration = z.looseObject({
  webhooks: z.array(z.looseObject({ name: z.string(), clientConfig: Client })).default([]),
})
const Definition = z.looseObject({
  spec: z.looseObject({
    conversion: z
      .looseObject({ webhook: z.looseObject({ clientConfig: Client.optional() }).optional() })
      .optional(),
  }),
})

/**
 * Nothing where the bundle stands already, so two writers do not take turns. The name is tested: an
 * entry may have moved since the object was read.
 */
export function configurationPatch(configuration: unknown, bundle: string): readonly PatchStep[] {
  const caBundle = Buffer.from(bundle).toString('base64')
  const { webhooks } = Configuration.parse(configuration)
  return webhooks.flatMap(({ name, clientConfig }, index): PatchStep[] => {
    if (clientConfig.caBundle === caBundle) return []
    const at = `/webhooks/${index}`
    return [
      { op: 'test', path: `${at}/name`, value: name },
      { op: 'add', path: `${at}/clientConfig/caBundle`, value: caBundle },
    ]
  })
}

/** A definition without a conversion webhook needs none. */
export function definitionPatch(definition: unknown, bundle: string): readonly PatchStep[] {
  const caBundle = Buffer.from(bundle).toString('base64')
  const client = Definition.parse(definition).spec.conversion?.webhook?.clientConfig
  if (!client || client.caBundle === caBundle) return []
  const path = '/spec/conversion/webhook/clientConfig/caBundle'
  return [{ op: 'add', path, value: caBundle }]
}
