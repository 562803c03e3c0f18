import { checkUse } from './claims.ts'
import { toPrincipal, type Claims, type Principal } from './principal.ts'
import { invalid } from './refusal.ts'
import type { Rules } from './rules.ts'
import type { TokenHeader } from './verify.ts'

/** How Scalekit writes tokens, where that is not by RFC 9068. */
export const scalekitTokens: Pick<Rules, 'checkType' | 'checkUse' | 'toPrincipal'> = {
  checkType,
  checkUse: (claims) => {
    checkUse(claims)
    // Access tokens and ID tokens are typed alike, and only these belong to a login.
    if (['at_hash', 'c_hash', 'nonce'].some((name) => name in claims)) throw invalid('an ID token')
  },
  toPrincipal: (claims, token, config): Principal =>
    toPrincipal({ ...claims, scope: claims['scope'] ?? joined(claims) }, token, config),
}

/** Access tokens are typed JWT; what is typed for another purpose is none (RFC 8725 section 3.11). */
function checkType({ typ }: TokenHeader): void {
  if (typ === undefined) return
  if (typeof typ === 'string' && /^(application\/)?(at\+)?jwt$/i.test(typ)) return
  throw invalid('the token is typed for another purpose')
}

/** There is a list of scopes beside the text of RFC 9068, and in some tokens the list alone. */
function joined({ scopes }: Claims): string | undefined {
  const isList = Array.isArray(scopes) && scopes.every((each) => typeof each === 'string')
  return isList ? scopes.join(' ') : undefined
}
