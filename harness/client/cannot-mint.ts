/** Why a token cannot be had. None of them says anything about the target. */
export type CannotMintKind =
  'not-a-jwt' | 'no-token' | 'no-issuer' | 'no-public-key' | 'no-such-form'

/** The recipe asks for a token that the tester cannot make. The message is a reason for people. */
export class CannotMint extends Error {
  readonly kind: CannotMintKind
  constructor(kind: CannotMintKind, message: string) {
    super(message)
    this.name = 'CannotMint'
    this.kind = kind
  }
}

/** The given token is opaque, so nothing inside it can be changed: the check does not apply. */
export class NotAJwt extends CannotMint {
  constructor() {
    super('not-a-jwt', 'the token you gave is no JWT, so nothing inside it can be changed')
    this.name = 'NotAJwt'
  }
}
