// Many writes, some of them at the same time, to files or to the API server.

/** Does something for each, so many at once; all are tried, and the failures thrown at the end. */
export async function forEachAtOnce<T>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = []
  const queue = Iterator.from(items)
  const worker = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      await work(next.value).catch((error: unknown) => errors.push(error))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  if (errors.length === 1) throw errors[0]
  // The first of many says enough: they mostly have one cause.
  if (errors.length > 1) throw new Error(`${errors.length} writes failed`, { cause: errors[0] })
}
