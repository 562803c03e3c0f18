import type { JsonObject } from '../protocol/json.ts'
import type { Taken } from './context.ts'
import { discoverResource } from './discover-resource.ts'
import { discoverIssuer, discoverServers } from './discover-servers.ts'
import { discoverTokenRoutes } from './discover-token-routes.ts'
import type { ProbeState } from './probe-state.ts'

/** Walks the lists and orders of discovery as an MCP client does, and records each URL tried. */
export async function discover(argument: JsonObject, state: ProbeState): Promise<Taken> {
  if (argument['what'] === 'resource-metadata') {
    const found = await discoverResource(argument, state)
    return found.taken
  }
  if (argument['what'] === 'token-routes') return discoverTokenRoutes(state)
  if (argument['what'] === 'issuer-metadata') {
    const server = await discoverIssuer(String(argument['at']), state)
    return {
      answers: [{ roundTrip: server.roundTrips.at(-1) ?? null, json: server.json }],
      roundTrips: server.roundTrips,
    }
  }
  return discoverServers(argument, state)
}
