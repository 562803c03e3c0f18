/**
 * The first of equal members in the payload of a compact token, as a parser would see them that
 * keeps the first. Only for the named members of the outermost object, written as JSON.stringify does.
 */
export function firstMembers(token: string, names: string[]): Record<string, unknown> {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')
  const members: Record<string, unknown> = {}
  for (const name of names) {
    const start = new RegExp(`[{,]\\s*"${name}"\\s*:`).exec(payload)
    if (start === null) continue
    const value = readValue(payload.slice(start.index + start[0].length))
    if (value !== undefined) members[name] = value
  }
  return members
}

/** The JSON value at the start of the text: the shortest prefix that ends at a delimiter and parses. */
function readValue(text: string): unknown {
  for (const { index } of text.matchAll(/[,}]/g)) {
    try {
      return JSON.parse(text.slice(0, index)) as unknown
    } catch {
      // The delimiter is inside the value.
    }
  }
  return undefined
}
