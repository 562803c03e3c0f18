import { compactVerify, decodeJwt, decodeProtectedHeader, type CryptoKey } from 'jose'
import type { Config, IntrospectionEndpoint } from './config.ts'
import type { Claims, Principal } from './principal.ts'
import { invalid, Refusal } from './refusal.ts'
import type { Rules } from './rules.ts'

export type TokenHeader = Record<string, unknown>

export interface ParsedToken {
  text: string
  header: TokenHeader
  /** Not verified: good for choosing the issuer's keys and for nothing else. */
  claims: Claims
}

/** Finds the key that an issuer publishes for a token. Throws `invalid` or `unavailable`. */
export interface KeySource {
  find(header: TokenHeader): Promise<VerificationKey>
}

/** As jose imports it: bytes for a symmetric key, of which none is ever usable here. */
export type VerificationKey = CryptoKey | Uint8Array

/** Who the token speaks for; throws a `Refusal` when it does not hold (RFC 9068 section 4). */
export async function verifyToken(text: string, verifier: Verifier): Promise<Principal> {
  const { config, rules } = verifier
  const { introspection } = config
  const claims = introspection
    ? await introspectedClaims(text, introspection, verifier)
    : await signedClaims(text, verifier)

  const now = Date.now() / 1000
  rules.checkAudience(claims, config)
  rules.checkExpiry(claims, config, now)
  rules.checkNotBefore(claims, config, now)
  rules.checkUse(claims)
  rules.checkBinding(claims)
  rules.checkSubject(claims)
  rules.checkScope(claims)
  rules.checkClient(claims, config)
  rules.checkActor(claims, config)
  return rules.toPrincipal(claims, text, config)
}

async function signedClaims(text: string, verifier: Verifier): Promise<Claims> {
  const { config, rules } = verifier
  const token = rules.parseToken(text)
  rules.checkType(token.header)
  rules.checkAlgorithm(token.header, config)
  const issuer = rules.findIssuer(token.claims, config)
  const keys = verifier.keys.get(issuer)
  if (keys === undefined) throw invalid('the issuer is not trusted')
  return rules.verifySignature(token, keys, config)
}

/** Seconds that an answer counts which does not say when the token ends. */
const countsFor = 60

/** An answer need not repeat who gave it, nor when the token ends (RFC 7662 section 2.2). */
async function introspectedClaims(
  text: string,
  endpoint: IntrospectionEndpoint,
  { config, rules }: Verifier,
): Promise<Claims> {
  const answer = await rules.introspect(text, endpoint, config)
  rules.checkActive(answer)
  const issuer = config.issuers[0]?.issuer
  const claims = { iss: issuer, exp: Date.now() / 1000 + countsFor, ...answer }
  if (rules.findIssuer(claims, config) !== issuer) throw invalid('another issuer vouches for it')
  return claims
}

export interface Verifier {
  config: Config
  rules: Rules
  /** By issuer. Each issuer is verified with its own keys only. */
  keys: Map<string, KeySource>
}

export function parseToken(text: string): ParsedToken {
  try {
    return { text, header: { ...decodeProtectedHeader(text) }, claims: { ...decodeJwt(text) } }
  } catch {
    throw invalid('the token is not a JWT')
  }
}

/** RFC 9068 section 2.1: only access tokens are typed `at+jwt`, so nothing else passes for one. */
export function checkType(header: TokenHeader): void {
  const typ = header['typ']
  if (typeof typ !== 'string' || !/^(application\/)?at\+jwt$/i.test(typ)) {
    throw invalid('the token is not typed as an access token')
  }
}

/** RFC 8725 section 3.1: the algorithm is ours to choose, never the token's. */
export function checkAlgorithm(header: TokenHeader, config: Config): void {
  if (header['alg'] !== config.algorithm) throw invalid('the algorithm is not the agreed one')
}

export function findIssuer(claims: Claims, config: Config): string {
  const trusted = config.issuers.find(({ issuer }) => issuer === claims['iss'])
  if (trusted === undefined) throw invalid('iss is missing or not trusted')
  return trusted.issuer
}

/** The claims, once the signature is known to hold. jose refuses critical headers it does not know. */
export async function verifySignature(
  token: ParsedToken,
  keys: KeySource,
  config: Config,
): Promise<Claims> {
  const key = await keys.find(token.header)
  try {
    const { payload } = await compactVerify(token.text, key, { algorithms: [config.algorithm] })
    return JSON.parse(new TextDecoder().decode(payload)) as Claims
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw invalid('the signature does not hold')
  }
}
