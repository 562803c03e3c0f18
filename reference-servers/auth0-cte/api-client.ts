import type { Principal } from '../resource-server/principal.ts'
import type { CteRules } from './rules.ts'
import type { ApiSettings } from './settings.ts'

export interface ApiAnswer {
  status: number
  body: unknown
}

/** What the API says to this caller. Throws when there is no token for it, or no good answer. */
export async function askApi(
  caller: Principal,
  api: ApiSettings,
  rules: CteRules,
): Promise<unknown> {
  const token = await rules.tokenForApi(caller, api, rules)
  const headers = rules.headersForApi(token, caller)
  return rules.readAnswer(await getPrivateScope(headers, api))
}

/** The client's token is never used: the API gets one of its own, for each call. */
export async function tokenForApi(
  caller: Principal,
  api: ApiSettings,
  rules: CteRules,
): Promise<string> {
  const issued = await rules.exchange(caller, api)
  rules.checkIssued(issued, caller, api)
  return issued.accessToken
}

export function headersForApi(token: string, _caller: Principal): Record<string, string> {
  return { Accept: 'application/json', Authorization: `Bearer ${token}` }
}

export function readAnswer({ status, body }: ApiAnswer): unknown {
  if (status !== 200) throw new Error(`the API answered ${status}`)
  return body
}

async function getPrivateScope(
  headers: Record<string, string>,
  { baseUrl, timeoutMs }: ApiSettings,
): Promise<ApiAnswer> {
  const response = await fetch(new URL('/api/private-scope', baseUrl), {
    headers,
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  return { status: response.status, body: await response.json() }
}
