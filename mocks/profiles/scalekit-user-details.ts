import { isObject } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { Refusal } from '../refusals.ts'

type Kind = 'text' | 'flag' | 'texts' | 'object'

/** Members of `user` in the request [SDK node 2.11.0 auth_pb.js]. */
const kinds: Record<string, Kind> = {
  sub: 'text',
  email: 'text',
  given_name: 'text',
  family_name: 'text',
  email_verified: 'flag',
  phone_number: 'text',
  phone_number_verified: 'flag',
  name: 'text',
  preferred_username: 'text',
  picture: 'text',
  gender: 'text',
  locale: 'text',
  groups: 'texts',
  custom_attributes: 'object',
  organization_external_id: 'text',
  roles: 'texts',
  organization_external_name: 'text',
  login_failed: 'flag',
}

const isOfKind: Record<Kind, (value: JsonValue) => boolean> = {
  text: (value) => typeof value === 'string',
  flag: (value) => typeof value === 'boolean',
  texts: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
  object: isObject,
}

/**
 * The user of a JSON body, in snake_case; camelCase is read as well, as JSON of protobuf is. What is not
 * known is not kept.
 * @throws Refusal for what is no such user
 */
export function readUserDetails(body: string): JsonObject {
  const details: JsonObject = {}
  for (const [given, value] of Object.entries(parsed(body))) {
    const name = given.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
    if (kind === undefined || value === null) continue
    if (!isOfKind[kind](value)) throw invalid(`invalid value for user.${name}`)
    details[name] = value
  }
  const { sub = '', email = '', login_failed: failed, organization_external_name: name } = details
  // [SDK node 2.11.0 auth_pb.js]: the rule of the message
  if (failed !== true && (sub === '' || email === '')) {
    throw invalid('sub and email are required unless login_failed is true')
  }
  if (typeof name === 'string' && [...name].length > 200) {
    throw invalid('organization_external_name is longer than 200 characters')
  }
  return details
}

function parsed(body: string): JsonObject {
  try {
    const value: unknown = JSON.parse(body)
    if (isObject(value)) return value
  } catch {
    // answered below, as any other text that is no object
  }
  throw new Refusal('body-not-json')
}

function invalid(description: string): Refusal {
  return new Refusal('parameter-malformed', { description })
}
