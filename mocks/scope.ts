import { Refusal } from './refusals.ts'

/** `scope-token`s of RFC 6749 section 3.3, one space between. */
const scopeSyntax = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

/** The scopes of a `scope` parameter, each once; null when there is none. @throws Refusal */
export function readScope(scope: string | null): string[] | null {
  if (scope === null) return null
  if (!scopeSyntax.test(scope)) throw new Refusal('scope-malformed')
  return [...new Set(scope.split(' '))]
}
