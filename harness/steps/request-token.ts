import type { JsonObject } from '../protocol/json.ts'
import { CannotTake } from './context.ts'
import type { Taken } from './context.ts'
import type { ProbeState } from './probe-state.ts'

/** Asks the token endpoint: for the code of the login that ended, or with the latest refresh token. */
export async function requestToken(argument: JsonObject, state: ProbeState): Promise<Taken> {
  const login = await state.ensureLogin()
  try {
    await (argument['grant'] === 'refresh_token' ? login.refresh() : login.redeem())
  } catch (error) {
    if (error instanceof CannotTake) throw error
    throw new CannotTake('broken', error instanceof Error ? error.message : String(error))
  }
  const roundTrips = login.takeRoundTrips()
  return { answers: [{ roundTrip: roundTrips.at(-1) ?? null }], roundTrips }
}
