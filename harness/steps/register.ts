import type { JsonObject } from '../protocol/json.ts'
import type { Taken } from './context.ts'
import type { ProbeState } from './probe-state.ts'

/** Registers a client (RFC 7591); where the issuer takes none, goes on as the declared one. */
export async function register(_argument: JsonObject, state: ProbeState): Promise<Taken> {
  const login = await state.ensureLogin()
  const { registered, client } = await login.register()
  const roundTrips = login.takeRoundTrips()
  const json: JsonObject = { registered, client_id: client.client_id }
  return {
    answers: [{ roundTrip: roundTrips.at(-1) ?? null, json: state.run.redact(json) }],
    roundTrips,
  }
}
