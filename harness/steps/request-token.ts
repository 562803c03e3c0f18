import { isObject } from '../protocol/json.ts'
import type { JsonObject } from '../protocol/json.ts'
import { decodeJwt } from '../protocol/jwt.ts'
import { CannotTake } from './context.ts'
import type { Taken } from './context.ts'
import type { ProbeState } from './probe-state.ts'

/** Asks the token endpoint: for the code of the login that ended, or with the latest refresh token. */
export async function requestToken(argument: JsonObject, state: ProbeState): Promise<Taken> {
  const login = await state.ensureLogin()
  let claims: JsonObject | null = null
  try {
    const asked = argument['grant'] === 'refresh_token' ? login.refresh() : login.redeem()
    claims = await claimsIn(await asked)
  } catch (error) {
    if (error instanceof CannotTake) throw error
    throw new CannotTake('broken', error instanceof Error ? error.message : String(error))
  }
  const roundTrips = login.takeRoundTrips()
  const answer = { roundTrip: roundTrips.at(-1) ?? null }
  if (claims === null) return { answers: [answer], roundTrips }
  const shown = state.run.redact(claims) as JsonObject
  return { answers: [{ ...answer, claims: shown }], roundTrips }
}

async function claimsIn(answer: Response): Promise<JsonObject | null> {
  const body: unknown = await answer.json().catch(() => null)
  const token = isObject(body) ? body['access_token'] : undefined
  return typeof token === 'string' ? (decodeJwt(token)?.claims ?? null) : null
}
