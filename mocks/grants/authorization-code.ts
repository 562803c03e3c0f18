import { createHash } from 'node:crypto'
import type { ClientRequest } from '../client-request.ts'
import type { IssuerCore } from '../core.ts'
import { narrowedTarget } from '../grant.ts'
import { newRefreshToken, tokenResponse } from '../issue-tokens.ts'
import type { JsonObject } from '../json.ts'
import type { Exchange } from '../profile.ts'
import { Refusal } from '../refusals.ts'
import type { Client, Code } from '../state.ts'

/** RFC 6749 section 4.1.3 with RFC 7636 section 4.6 and RFC 8707 section 2.2. */
export async function authorizationCode(
  { client, form, jkt }: ClientRequest,
  exchange: Exchange,
  core: IssuerCore,
): Promise<JsonObject> {
  const text = form.get('code')
  if (text === null) throw new Refusal('parameter-missing', { description: 'code is missing' })
  const code = core.state.codes.get(text)
  if (!code) throw new Refusal('code-unknown')
  checkCode(code, client, core)
  checkRedirect(code, form.get('redirect_uri'), core)
  checkVerifier(code, form.get('code_verifier'), core)
  if (code.grant.jkt !== null && code.grant.jkt !== jkt) throw new Refusal('proof-missing')
  const target = narrowedTarget(
    code.grant,
    { form, client, exchange, at: 'authorization_code' },
    core,
  )
  code.used = true
  code.grant.jkt = jkt
  const refreshToken = newRefreshToken(code.grant, core)
  return tokenResponse({ grant: { ...code.grant, ...target }, refreshToken }, core)
}

function checkCode({ grant, used, expires }: Code, client: Client, core: IssuerCore): void {
  const { rules } = core.profile
  if (rules.codeBoundToClient && grant.client.id !== client.id) {
    throw new Refusal('code-of-other-client')
  }
  if (used && rules.codeSingleUse) {
    if (rules.codeReplayRevokes) core.state.revokedGrants.set(grant.id, true)
    throw new Refusal('code-replayed')
  }
  if (expires <= core.now()) throw new Refusal('code-expired')
}

function checkRedirect(code: Code, given: string | null, core: IssuerCore): void {
  if (!core.profile.rules.codeBoundToRedirect) return
  if (given === null && !code.redirectUriGiven) return
  if (given !== code.redirectUri) throw new Refusal('redirect-mismatch')
}

function checkVerifier({ challenge }: Code, verifier: string | null, core: IssuerCore): void {
  const { verifier: rule, downgradeRefused } = core.profile.rules
  if (rule === 'ignored') return
  if (!challenge) {
    if (verifier !== null && downgradeRefused) throw new Refusal('verifier-wrong')
    return
  }
  if (verifier === null) {
    if (rule === 'compared-when-sent') return
    throw new Refusal('verifier-missing')
  }
  const sent =
    challenge.method === 'plain'
      ? verifier
      : createHash('sha256').update(verifier).digest('base64url')
  const wellFormed = /^[A-Za-z0-9._~-]{43,128}$/.test(verifier)
  if (!wellFormed || sent !== challenge.value) throw new Refusal('verifier-wrong')
}
