import type { JsonObject } from '../protocol/json.ts'
import { CannotTake } from './context.ts'
import type { Taken } from './context.ts'
import type { ProbeState } from './probe-state.ts'

/** The client of the MCP TypeScript SDK, as it is: from the first 401 to the list of tools. */
export async function connect(_argument: JsonObject, state: ProbeState): Promise<Taken> {
  const { connectSdk } = await import('../login/sdk-client.ts')
  const roundTrips: number[] = []
  try {
    const json = await connectSdk(state, roundTrips)
    return {
      answers: [{ roundTrip: roundTrips.at(-1) ?? null, json: state.run.redact(json) }],
      roundTrips,
    }
  } catch (error) {
    if (error instanceof CannotTake) throw error
    const message = error instanceof Error ? error.message : String(error)
    const json = { tools: null, error: message }
    return {
      answers: [{ roundTrip: roundTrips.at(-1) ?? null, json: state.run.redact(json) }],
      roundTrips,
    }
  }
}
