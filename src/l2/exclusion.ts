// Which interfaces layer 2 does not even see, by the patterns of excludel2.yaml. They are written for
// Go's regular expressions (RE2), so what the two languages write differently is translated, and what
// JavaScript would understand as something else is refused.

export type Exclusion = (interfaceName: string) => boolean

/** Un-anchored, any of them. Throws with the pattern that is none. */
export function parseExclusion(patterns: readonly string[]): Exclusion {
  const expressions = patterns.map(parsePattern)
  return (name) => expressions.some((expression) => expression.test(name))
}

function parsePattern(pattern: string, place: number): RegExp {
  const [, flags = '', rest = ''] = /^(?:\(\?([ims]+)\))?([\s\S]*)$/.exec(pattern) ?? []
  try {
    const source = translate(rest)
    // With `u` JavaScript refuses what it does not know instead of taking it for letters.
    return new RegExp(source, [...new Set(`${flags}u`)].join(''))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(
      `announcedInterfacesToExclude[${place}]: "${pattern}" is not a pattern we can use: ${why}`,
      { cause: error },
    )
  }
}

/** Go escapes any punctuation, has its own words for both ends, and a P in named groups. */
function translate(pattern: string): string {
  return pattern.replace(/\\([\s\S])|\(\?P</g, (whole, escaped: string | undefined) => {
    if (escaped === undefined) return '(?<'
    if (escaped === 'A') return '^'
    if (escaped === 'z') return '$'
    if (/[A-Za-z0-9^$\\.*+?()[\]{}|/]/.test(escaped)) return whole
    // Inside brackets a bare one would be a range.
    if (escaped === '-') return '\\x2d'
    return escaped
  })
}
