// A body to a review of some sort, or why it is none, so that there is nothing to answer it with.
import type { z } from 'zod'
import { sentenceOf } from '../config/issue.ts'
import { printPath } from '../config/problem.ts'

export interface BadRequest {
  /** Why the body is not what it should be. */
  readonly refused: string
}

export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  what: string,
  body: unknown,
): { readonly review: z.output<Schema> } | BadRequest {
  const parsed = schema.safeParse(body, { reportInput: true, error: sentenceOf })
  if (parsed.success) return { review: parsed.data }
  const sentences = parsed.error.issues.map(({ path, message }) => {
    return path.length > 0 ? `${printPath(path)}: ${message}` : message
  })
  return { refused: `this is no ${what}: ${sentences[0]}` }
}
