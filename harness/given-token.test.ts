import { expect, it } from 'vitest'
import { whyRefusable } from './given-token.ts'
import type { JsonObject } from './protocol/json.ts'
import { encodeBase64url } from './protocol/jwt.ts'

const resource = 'https://mcp.example/mcp'
const tokenOf = (claims: JsonObject): string =>
  ['{"alg":"RS256"}', JSON.stringify(claims), 'signature'].map(encodeBase64url).join('.')

it.each<[JsonObject, string | null]>([
  [{ exp: 99, aud: resource }, 'it expired at 1970-01-01T00:01:39.000Z'],
  [{ nbf: 101 }, 'it is not valid before 1970-01-01T00:01:41.000Z'],
  [{ exp: 101, aud: ['a', 'b'] }, `its audience is a and b, not ${resource}`],
  [{ exp: 101, aud: ['a', resource] }, null],
  [{ exp: 1e300, aud: `${resource}/` }, `its audience is ${resource}/, not ${resource}`],
  [{}, null],
])('%j', (claims, why) => {
  expect(whyRefusable(tokenOf(claims), resource, 100)).toBe(why)
})

it('of an opaque token nothing is known', () => {
  expect(whyRefusable('opaque', resource, 100)).toBeNull()
})
