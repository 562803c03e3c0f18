import type { Principal } from '../principal.ts'
import type { Rules } from '../rules.ts'
import type { Verifier } from '../verify.ts'

/** What a fault breaks that no check lists: requirements of the catalogue, or why it is none of them. */
export type Breaks = string[] | string

/** A planted deviation: one sentence, and the rules that it replaces. */
export interface Fault<R extends object = Rules> {
  about: string
  notYetJudged?: Breaks
  /** Called once when the server starts, so a fault may remember things between requests. */
  plant: (rules: R) => Partial<R>
}

/** The names of those that no check lists. */
export function namesNotYetJudged(faults: Record<string, { notYetJudged?: Breaks }>): string[] {
  return Object.keys(faults).filter((name) => faults[name]?.notYetJudged !== undefined)
}

/** Somebody without a token who is served all the same, with the base scopes. */
export function guest(verifier: Verifier, subject = 'guest'): Principal {
  const issuer = verifier.config.issuers[0]?.issuer ?? ''
  return {
    account: JSON.stringify([issuer, subject]),
    issuer,
    subject,
    clientId: undefined,
    scopes: verifier.config.requiredScopes,
    expiresAt: Date.now() / 1000 + 600,
    token: '',
  }
}
