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
    const { claims } = decodeJwt(credential ?? '') ?? {}
    const user = place.kind === 'value' ? userOf(place.value, request, claims) : undefined
    return {
      ...request,
      ...(credential === undefined
        ? {}
        : { credential, credential_form: claims ? ('jwt' as const) : ('opaque' as const) }),
      ...(user === undefined ? {} : { user }),
    }
  })
  return { answers: [], roundTrips: [], requests: rawRequests.map(recorded(run)), rawRequests }
}

/** Evidence says which requests carried one credential, and not which it was. */
function recorded(run: RunContext): (request: ObservedRequest) => ObservedRequest {
  return (request) => {
    const { credential } = request
    const marker = credential && hidden(credential, run)
    const shown = run.redact(request as unknown as JsonValue) as unknown as ObservedRequest
    if (credential === undefined || marker === undefined) return shown
    const header = Object.entries(shown.header).map(([name, value]) => [
      name,
      value.replaceAll(credential, marker),
    ])
    return { ...shown, header: Object.fromEntries(header), credential: marker }
  }
}

/** A token that was never there is no secret. */
function hidden(credential: string, run: RunContext): string {
  return ['undefined', 'null'].includes(credential)
    ? credential
    : run.receive(credential, 'upstream_credential')
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
