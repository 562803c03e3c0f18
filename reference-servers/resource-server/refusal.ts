/**
 * Why a request is turned away:
 * `missing` no credentials, `malformed` credentials that do not parse, `invalid` a token that does
 * not hold, `unproven` a good token without a good proof of its key, `no-nonce` a proof without the
 * nonce that it needs, `insufficient` a good token without the scopes, `unavailable` we cannot tell now.
 */
export type RefusalKind =
  'missing' | 'malformed' | 'invalid' | 'unproven' | 'no-nonce' | 'insufficient' | 'unavailable'

/** Thrown by everything that decides about a token. `message` is for the operator, never for callers. */
export class Refusal extends Error {
  readonly kind: RefusalKind
  /** The scopes that would do, for `insufficient`. */
  readonly scopes: string[]

  constructor(kind: RefusalKind, message: string, scopes: string[] = []) {
    super(message)
    this.name = 'Refusal'
    this.kind = kind
    this.scopes = scopes
  }
}

export function unproven(message: string): Refusal {
  return new Refusal('unproven', message)
}

export function invalid(message: string): Refusal {
  return new Refusal('invalid', message)
}
