import type { Answer } from './answer.ts'
import { readClientRequest } from './client-request.ts'
import type { ClientRequest } from './client-request.ts'
import type { IssuerCore } from './core.ts'
import { unstored } from './error-answer.ts'
import { authorizationCode } from './grants/authorization-code.ts'
import { clientCredentials } from './grants/client-credentials.ts'
import { refreshToken } from './grants/refresh-token.ts'
import { tokenExchange } from './grants/token-exchange.ts'
import { jsonResponse } from './json.ts'
import type { JsonObject } from './json.ts'
import { tokenExchangeGrant } from './policies.ts'
import type { Exchange } from './profile.ts'
import { Refusal } from './refusals.ts'

type GrantType = (asked: ClientRequest, exchange: Exchange, core: IssuerCore) => Promise<JsonObject>

const grantTypes: Record<string, GrantType> = {
  authorization_code: authorizationCode,
  refresh_token: refreshToken,
  client_credentials: clientCredentials,
  [tokenExchangeGrant]: tokenExchange,
}

/** RFC 6749 section 3.2. */
export async function answerToken(exchange: Exchange, core: IssuerCore): Promise<Answer> {
  const asked = await readClientRequest(exchange, core)
  const type = asked.form.get('grant_type')
  if (type === null) throw new Refusal('grant-missing')
  const { profile } = core
  const grant = Object.hasOwn(grantTypes, type) ? grantTypes[type] : undefined
  if (!grant || !profile.grantTypes.includes(type)) {
    throw new Refusal('grant-unsupported', { details: { grant_type: type } })
  }
  if (!asked.client.grantTypes.includes(type)) {
    throw new Refusal('grant-not-allowed', { details: { grant_type: type } })
  }
  return jsonResponse(await grant(asked, exchange, core), 200, unstored)
}
