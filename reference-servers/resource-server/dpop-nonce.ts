import { createHmac, randomBytes } from 'node:crypto'

const key = randomBytes(32)
const windowMs = 60_000

/** What a proof must repeat (RFC 9449 section 9): another one each minute. */
export function currentNonce(now: number = Date.now()): string {
  return nonceOf(Math.floor(now / windowMs))
}

/** One of this minute or of the last. */
export function isNonce(nonce: unknown, now: number = Date.now()): boolean {
  const window = Math.floor(now / windowMs)
  return nonce === nonceOf(window) || nonce === nonceOf(window - 1)
}

function nonceOf(window: number): string {
  return createHmac('sha256', key).update(String(window)).digest('base64url')
}
