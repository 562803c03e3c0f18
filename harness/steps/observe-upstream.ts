import { factState } from '../facts.ts'
import type { ObservedRequest } from '../model.ts'
import { decodeJwt } from '../protocol/jwt.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import type { RunContext, Taken } from './context.ts'

/** Header fields that name a caller's key, beside Authorization. */
const keyNames = /^(?:x-)?(?:api|access|auth|secret)[-_]?(?:key|token)$/i

/** Requests as they arrived at the upstream, each with the credential and the user that the server used. */
export function observeUpstream(found: ObservedRequest[], run: RunContext): Taken {
  const place = factState(run.facts, ['tool', 'calls-upstream', 'user'])
  const rawRequests = found.map((request) => {
    const credential = credentialOf(request)
    if (credential !== undefined) run.register(credential, 'upstream_credential')
    const { claims } = decodeJwt(credential ?? '') ?? {}
    const user = place.kind === 'value' ? userOf(place.value, request, claims) : undefined
    return {
      ...request,
      ...(credential === undefined ? {} : { credential }),
      ...(user === undefined ? {} : { user }),
    }
  })
  const requests = run.redact(rawRequests as unknown as JsonValue)
  return {
    answers: [],
    roundTrips: [],
    requests: requests as unknown as ObservedRequest[],
    rawRequests,
  }
}

function credentialOf({ header }: ObservedRequest): string | undefined {
  const authorization = header['authorization']
  if (authorization !== undefined) return authorization.replace(/^\S+ +/, '')
  return Object.entries(header).find(([name]) => keyNames.test(name))?.[1]
}

/** `{ header: NAME }` or `{ claim: NAME }` of the credential. */
function userOf(
  place: JsonValue,
  { header }: ObservedRequest,
  claims: JsonObject | undefined,
): JsonValue | undefined {
  if (!isObject(place)) return undefined
  if (typeof place['header'] === 'string') return header[place['header'].toLowerCase()]
  return claims?.[String(place['claim'])]
}
