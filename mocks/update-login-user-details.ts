import { fromBinary, toJson } from '@bufbuild/protobuf'
import { BinaryReader } from '@bufbuild/protobuf/wire'
import { StructSchema } from '@bufbuild/protobuf/wkt'
import type { JsonObject, JsonValue } from './json.ts'

/** The message of Scalekit's bring-your-own-auth call, with the user in the form of the REST twin. */
export interface UpdateLoginUserDetails {
  connectionId: string
  loginRequestId: string
  user: JsonObject
}

/** Field numbers of `scalekit.v1.auth.LoggedInUserDetails` in @scalekit-sdk/node 2.11.0. */
const members: Record<number, [name: string, kind: 'text' | 'flag' | 'list' | 'map']> = {
  1: ['sub', 'text'],
  2: ['email', 'text'],
  3: ['given_name', 'text'],
  4: ['family_name', 'text'],
  5: ['email_verified', 'flag'],
  6: ['phone_number', 'text'],
  7: ['phone_number_verified', 'flag'],
  8: ['name', 'text'],
  9: ['preferred_username', 'text'],
  10: ['picture', 'text'],
  11: ['gender', 'text'],
  12: ['locale', 'text'],
  13: ['groups', 'list'],
  14: ['custom_attributes', 'map'],
  15: ['organization_external_id', 'text'],
  16: ['roles', 'list'],
  17: ['organization_external_name', 'text'],
  18: ['login_failed', 'flag'],
}

/** Null for bytes that are no such message. */
export function readUpdateLoginUserDetails(bytes: Uint8Array): UpdateLoginUserDetails | null {
  try {
    const order: UpdateLoginUserDetails = { connectionId: '', loginRequestId: '', user: {} }
    for (const [number, reader, wireType] of fields(bytes)) {
      if (number === 1) order.connectionId = reader.string()
      else if (number === 2) order.loginRequestId = reader.string()
      else if (number === 3) order.user = readUser(reader.bytes())
      else reader.skip(wireType)
    }
    return order
  } catch {
    return null
  }
}

function readUser(bytes: Uint8Array): JsonObject {
  const user: JsonObject = {}
  for (const [number, reader, wireType] of fields(bytes)) {
    const [name, kind] = members[number] ?? []
    if (name === undefined) reader.skip(wireType)
    else if (kind === 'flag') user[name] = reader.bool()
    else if (kind === 'list') user[name] = [...listOf(user[name]), reader.string()]
    else if (kind === 'map')
      user[name] = toJson(StructSchema, fromBinary(StructSchema, reader.bytes()))
    else user[name] = reader.string()
  }
  return user
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : []
}

function* fields(bytes: Uint8Array): Generator<[number: number, BinaryReader, wireType: number]> {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag()
    yield [number, reader, wireType]
  }
}
