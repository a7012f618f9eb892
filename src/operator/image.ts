// The name of a container image: registry and path, and a tag, or a digest, which says more.

export interface Image {
  readonly repository: string
  readonly tag?: string
  readonly digest?: string
}

/** A colon before the last slash belongs to the registry's port. */
export function parseImage(text: string): Image {
  const [name = '', digest] = text.split('@')
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1)
  const [repository, tag] = colon < 0 ? [name] : [name.slice(0, colon), name.slice(colon + 1)]
  return { repository, ...(tag && { tag }), ...(digest && { digest }) }
}

export function formatImage({ repository, tag, digest }: Image): string {
  if (digest) return `${repository}@${digest}`
  return tag ? `${repository}:${tag}` : repository
}
