import type { Endpoint, ExtraRoute, IssuerProfile, PathTemplate } from './profile.ts'

/** Where a path leads. */
export interface Match {
  endpoint: string
  params: Record<string, string>
  /** Of a metadata document, its place in the profile. */
  document: number
  extra: ExtraRoute | null
}

interface Route extends Match {
  pattern: RegExp
}

/** From paths to endpoints and from endpoints to URLs, as a profile has them. */
export class Router {
  readonly origin: string
  /** The path of the issuer's URL, without a final slash. */
  readonly path: string
  readonly #profile: IssuerProfile
  readonly #exact = new Map<string, Match>()
  readonly #patterns: Route[] = []

  /**
   * A final slash of the URL is taken away before anything is inserted or appended (RFC 8414 section
   * 3.1, OpenID Connect Discovery section 4.1).
   * @throws Error for what is no issuer identifier (RFC 8414 section 2)
   */
  constructor(url: string, profile: IssuerProfile) {
    const [, origin, path = ''] = /^(https?:\/\/[^/?#\s]+)(\/[^?#\s]*)?$/i.exec(url) ?? []
    if (origin === undefined || !URL.canParse(url)) {
      throw new Error(
        `"${url}" is no issuer identifier. Allowed: an absolute http or https URL without query and fragment`,
      )
    }
    this.origin = origin
    this.path = path.replace(/\/$/, '')
    this.#profile = profile
    profile.documents.forEach(({ paths }, document) =>
      this.#add(paths, { endpoint: 'metadata', document, params: {}, extra: null }),
    )
    for (const [endpoint, paths] of Object.entries(profile.routes)) {
      this.#add(paths, { endpoint, document: -1, params: {}, extra: null })
    }
    for (const extra of profile.extra) {
      this.#add(extra.paths, { endpoint: extra.name, document: -1, params: {}, extra })
    }
  }

  /** The URL that the issuer is served at, without a final slash. */
  get base(): string {
    return this.origin + this.path
  }

  /** Where a path leads, whatever the host is called. */
  match(path: string): Match | null {
    const exact = this.#exact.get(path)
    if (exact) return exact
    for (const { pattern, ...route } of this.#patterns) {
      const found = pattern.exec(path)
      if (found) return { ...route, params: decoded(found.groups ?? {}) }
    }
    return null
  }

  /** The announced URL of an endpoint; null where it does not exist. */
  urlOf(
    endpoint: Exclude<Endpoint, 'metadata'>,
    params: Record<string, string> = {},
  ): string | null {
    const template = this.#profile.routes[endpoint]?.[0]
    return template === undefined ? null : this.expand(template, params)
  }

  /** A template as a URL of this issuer. */
  expand(template: PathTemplate, params: Record<string, string> = {}): string {
    const values = { ...this.#profile.params, ...params }
    const path = this.#withBase(template).replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(values[name] ?? ''),
    )
    return this.origin + path
  }

  #withBase(template: PathTemplate): string {
    const full = template.includes('{base}') ? template : `{base}${template}`
    return full.replace('{base}', this.path)
  }

  #add(templates: PathTemplate[], match: Match): void {
    for (const template of templates) {
      const path = this.#withBase(template)
      const plain = new URL(this.origin + path.replaceAll(/[{}]/g, '')).pathname
      if (!path.includes('{')) this.#exact.set(plain, match)
      else this.#patterns.push({ ...match, pattern: patternOf(path) })
    }
  }
}

function patternOf(path: string): RegExp {
  const parts = path.split(/(\{\w+\})/).map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    return name === undefined
      ? part.replaceAll(/[\^$.*+?()[\]{}|]/g, String.raw`\$&`)
      : `(?<${name}>[^/]+)`
  })
  return new RegExp(`^${parts.join('')}$`)
}

function decoded(groups: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decode(text)]))
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
