import type { Facts, IssuerControl, Revision, TokenParts, Wire } from './model.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject, JsonValue } from './protocol/json.ts'
import { protectedResourceMetadataUrls, splitUrl } from './protocol/well-known.ts'

/** What is known at the start of a run, before anything is declared or observed. */
export interface FactSources {
  url: string
  /** `url` by an address of this machine that is not the target's. */
  interfaceUrl: string | null
  /** How the target is started, or that it runs already. */
  startedAs: 'url' | 'command' | 'server' | 'image'
  declared: Facts
  issuer: IssuerControl | null
  secondIssuer: IssuerControl | null
  listenerUrl: string | null
  upstreamUrl: string | null
  thirdPartyUrl: string | null
  /** Header and claims of the good token, where it is readable. */
  good: TokenParts | null
  runId: string
}

/** Everything a template can name, by root. A value, `none`, or absent. */
export function collectFacts(sources: FactSources): JsonObject {
  const { url, declared, good, issuer, secondIssuer } = sources
  const { origin, pathname, hostname, port } = new URL(url)
  const [metadataUrl, rootMetadataUrl] = protectedResourceMetadataUrls(url)
  const target: JsonObject = {
    url,
    origin,
    path: url.slice(url.indexOf(origin) + origin.length) || pathname,
    host: hostname,
    port,
    htu: url.replace(/[?#].*$/, ''),
    interface_url: sources.interfaceUrl ?? 'none',
    resource: url,
    metadata_url: metadataUrl ?? '',
    root_metadata_url: rootMetadataUrl ?? metadataUrl ?? '',
    documented: [],
    local: false,
    own_login: 'none',
    started_as: sources.startedAs,
    short_life: '20s',
    leeway: '1m',
    key_cache: '10m',
    ...joinedScope(declared),
    ...withoutAbsent(declared.target),
  }
  const user = usersOf(declared, issuer, good)
  target['resource_origin'] = splitUrl(String(target['resource']))?.origin ?? origin
  return {
    target,
    ...withSubjects(rolesOf('tool', declared.tool), user),
    ...rolesOf('resource', declared.resource),
    ...rolesOf('prompt', declared.prompt),
    user,
    client: clientOf(declared, issuer, good),
    issuer: issuerOf(sources),
    ...(secondIssuer
      ? { 'second-issuer': { url: secondIssuer.url, jwks_uri: secondIssuer.jwksUri } }
      : {}),
    ...(sources.listenerUrl === null ? {} : { listener: { url: sources.listenerUrl } }),
    ...(sources.upstreamUrl === null ? {} : { upstream: { url: sources.upstreamUrl } }),
    ...(sources.thirdPartyUrl === null ? {} : { 'third-party': { url: sources.thirdPartyUrl } }),
    run: { id: sources.runId },
  }
}

/** The scopes of every request as the one text that a token has. */
function joinedScope({ target }: Facts): JsonObject {
  if (target?.scopes === 'none') return { scope: '' }
  const required = isObject(target?.scopes) ? target.scopes['required'] : undefined
  return Array.isArray(required) ? { scope: required.join(' ') } : {}
}

/** The wire and the revision are known only after they were negotiated. */
export function withWire(facts: JsonObject, revision: Revision, wire: Wire): JsonObject {
  return { ...facts, wire: { revision, kind: wire } }
}

function withoutAbsent(map: object | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(map ?? {}).filter(([, value]) => value !== undefined),
  ) as JsonObject
}

function rolesOf(root: string, roles: Record<string, unknown> | undefined): JsonObject {
  const named = Object.entries(roles ?? {}).map(([role, fact]) => {
    if (!isObject(fact)) return [role, fact as JsonValue]
    const scopes = Array.isArray(fact['scopes']) ? fact['scopes'] : []
    return [role, scopes.length > 0 ? { ...fact, scope: scopes.join(' ') } : fact]
  })
  return { [root]: Object.fromEntries(named) as JsonObject }
}

/** Where a tool names the caller, or the server names its user upstream, and by what it is said. */
const naming = { 'reveals-caller': 'identity', 'calls-upstream': 'user' }

/** Users are named by their subjects, unless they are declared to be called something else. */
function withSubjects({ tool }: JsonObject, user: JsonObject): JsonObject {
  const roles = isObject(tool) ? { ...tool } : {}
  const subjects = Object.fromEntries(
    Object.entries(user).flatMap(([name, fact]) =>
      isObject(fact) && fact['subject'] !== undefined ? [[name, fact['subject']]] : [],
    ),
  )
  for (const [role, member] of Object.entries(naming)) {
    const fact = roles[role]
    if (!isObject(fact) || !isObject(fact[member])) continue
    roles[role] = { ...fact, [member]: { ...subjects, ...fact[member] } }
  }
  return { tool: roles }
}

function usersOf(
  declared: Facts,
  issuer: IssuerControl | null,
  good: TokenParts | null,
): JsonObject {
  const subject = good?.claims['sub']
  const seen: JsonObject = typeof subject === 'string' ? { a: { subject } } : {}
  const users: JsonObject = { ...seen, ...issuer?.users }
  for (const [name, fact] of Object.entries(withoutAbsent(declared.user))) {
    const before = users[name]
    users[name] = isObject(before) && isObject(fact) ? { ...before, ...fact } : fact
  }
  return users
}

function clientOf(
  declared: Facts,
  issuer: IssuerControl | null,
  good: TokenParts | null,
): JsonObject {
  const seen = issuer?.clientId ?? good?.claims['client_id'] ?? good?.claims['azp']
  return {
    ...(typeof seen === 'string' ? { id: seen } : {}),
    ...(issuer ? { secret: issuer.clientSecret } : {}),
    ...withoutAbsent(declared.client),
  }
}

/** `profile` is `rfc9068` where the good token is typed at+jwt (RFC 9068 section 2.1), else `plain`. */
function issuerOf({ declared, issuer, secondIssuer, good, url }: FactSources): JsonObject {
  const resource = typeof declared.target?.resource === 'string' ? declared.target.resource : url
  const typ = good?.header['typ']
  const seen: JsonObject = { trusted: secondIssuer ? 'several' : 'one' }
  if (good) {
    seen['alg'] = good.header['alg'] ?? null
    seen['typ'] = typ ?? ''
    seen['profile'] =
      typeof typ === 'string' && /^(application\/)?at\+jwt$/i.test(typ) ? 'rfc9068' : 'plain'
    if (typeof good.claims['iss'] === 'string') seen['url'] = good.claims['iss']
    seen['kid'] = good.header['kid'] ?? null
    seen['audience'] = audienceOf(good.claims['aud'], resource)
  }
  if (issuer) {
    seen['url'] = issuer.url
    seen['jwks_uri'] = issuer.jwksUri
    seen['metadata_url'] = issuer.metadataUrl
    seen['refresh_token'] = issuer.refreshToken
  }
  return { ...seen, ...withoutAbsent(declared.issuer) }
}

/** One text: of a list the item that names this resource, else the first. */
function audienceOf(aud: JsonValue | undefined, resource: string): JsonValue {
  if (!Array.isArray(aud)) return aud ?? null
  return aud.includes(resource) ? resource : (aud[0] ?? null)
}

/** A declared fact has three values: a value, `none`, absent. */
export type FactState = { kind: 'value'; value: JsonValue } | { kind: 'none' } | { kind: 'absent' }

export function factState(facts: JsonObject, path: string[]): FactState {
  let value: JsonValue | undefined = facts
  for (const member of path) {
    if (value === 'none') return { kind: 'none' }
    if (typeof value !== 'object' || value === null) return { kind: 'absent' }
    value = (value as JsonObject)[member]
  }
  if (value === undefined || value === null) return { kind: 'absent' }
  return value === 'none' ? { kind: 'none' } : { kind: 'value', value }
}
