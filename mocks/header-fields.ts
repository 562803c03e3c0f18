/**
 * Header fields (RFC 9110 section 5.3), whatever the case of their names: what mocks need of the
 * standard's `Headers`, which Node loads together with all of `fetch`, and that takes as long as a
 * third of the issuer's start.
 */
export class HeaderFields implements Pick<Headers, 'append' | 'get' | 'has'> {
  readonly #values = new Map<string, string[]>()

  constructor(fields: Record<string, string> = {}) {
    for (const [name, value] of Object.entries(fields)) this.append(name, value)
  }

  append(name: string, value: string): void {
    const key = name.toLowerCase()
    const known = this.#values.get(key)
    if (known) known.push(value)
    else this.#values.set(key, [value])
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase())
  }

  /** All lines of the name as one; null for none. */
  get(name: string): string | null {
    const key = name.toLowerCase()
    const values = this.#values.get(key)
    return values ? joined(key, values) : null
  }

  /** Names in lower case, each once, but for `set-cookie`, whose lines cannot be one. */
  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (const [name, values] of this.#values) {
      if (name !== 'set-cookie') yield [name, joined(name, values)]
      else for (const value of values) yield [name, value]
    }
  }
}

/** HTTP/2 splits cookies into lines (RFC 9113 section 8.2.3). */
function joined(name: string, values: string[]): string {
  return values.length === 1 ? values[0]! : values.join(name === 'cookie' ? '; ' : ', ')
}
