// Columns of text, as kubectl prints them. The last column may be as long as it wants.

/** Columns that are empty in every row are left out. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = header.map((_, at) => rows.some((row) => (row[at] ?? '') !== ''))
  const lines = [header, ...rows].map((row) => row.filter((_, at) => used[at] || at === 0))
  const widths = lines[0]!.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
