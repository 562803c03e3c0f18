import { z } from 'zod'
import type { Means } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'

const json: z.ZodType<JsonValue> = z.json()
const whole = z.string().regex(/^\{\{.*\}\}$/, 'a template')
const members: z.ZodType = z.union([z.record(z.string(), json), whole])

/** The forms of a public key that careless verifiers take for an HMAC secret. */
export const secretForms = [
  'pem-spki',
  'pem-spki-no-newline',
  'pem-pkcs1',
  'pem-pkcs1-no-newline',
  'der-spki',
  'jwk-json',
  'modulus',
  'x5c',
] as const

/** A token recipe: what differs from the token it starts from (section "Token recipes"). */
export const recipeSchema: z.ZodType = z.strictObject({
  from: z.string().optional(),
  kind: z.enum(['access-token', 'id-token', 'refresh-token', 'subject-token']).optional(),
  user: z.enum(['a', 'b']).optional(),
  claims: members.optional(),
  header: members.optional(),
  drop: z.array(z.string().regex(/^(claims|header)\..+$/)).optional(),
  scopes: z.union([z.array(z.string()), whole]).optional(),
  duplicate: z.record(z.string(), z.union([z.tuple([json, json]), whole])).optional(),
  sign: z
    .strictObject({
      key: z
        .union([
          z.enum(['issuer', 'second-issuer', 'foreign', 'listener', 'hmac', 'none']),
          z.string().regex(/^published:.+$/),
        ])
        .optional(),
      alg: z.string().optional(),
      secret: z.union([z.enum(secretForms), z.strictObject({ text: z.string() })]).optional(),
    })
    .optional(),
  embed: z.enum(['jwk', 'x5c']).optional(),
  'after-signing': z
    .strictObject({
      claims: members.optional(),
      header: members.optional(),
      drop: z.array(z.string().regex(/^(claims|header)\..+$/)).optional(),
      signature: z
        .enum(['flip-bit', 'empty', 'zero', 'zero-r', 'zero-s', 'order', 'der', 'truncate'])
        .optional(),
    })
    .optional(),
  encoding: z
    .enum(['compact', 'json-flattened', 'json-general', 'padded', 'standard-alphabet'])
    .optional(),
  literal: z.string().optional(),
})

/** `none`, `good`, the name of a recipe, or a recipe. */
export const tokenSchema: z.ZodType = z.union([z.string(), recipeSchema])

/** Maps are merged, everything else is replaced by what comes later. */
export function mergeRecipes(base: JsonObject, own: JsonObject): JsonObject {
  const merged: JsonObject = { ...base }
  for (const [name, value] of Object.entries(own)) {
    if (name === 'from') continue
    const before = merged[name]
    merged[name] = isObject(before) && isObject(value) ? { ...before, ...value } : value
  }
  return merged
}

/**
 * The recipe with its whole `from` chain merged in. `invented` is set when the chain starts from
 * made-up claims, so that no valid token is needed.
 * @throws Error naming the circle, and whatever `named` throws of a recipe that does not exist
 */
export function resolveRecipe(
  recipe: JsonObject,
  named: (name: string) => JsonObject,
  seen: string[] = [],
): JsonObject {
  const from = typeof recipe['from'] === 'string' ? recipe['from'] : 'good'
  if (from === 'good') return mergeRecipes({}, recipe)
  if (from === 'invented') return mergeRecipes({ invented: true }, recipe)
  if (seen.includes(from)) throw new Error(`recipes in a circle: ${[...seen, from].join(' → ')}`)
  return mergeRecipes(resolveRecipe(named(from), named, [...seen, from]), recipe)
}

const needsIssuer = ['claims', 'header', 'drop', 'scopes', 'duplicate', 'kind', 'embed']

/** What the tester must hold to mint a resolved recipe. */
export function meansOfRecipe(recipe: JsonObject): Means[] {
  if (recipe['literal'] !== undefined) return []
  const sign = isObject(recipe['sign']) ? recipe['sign'] : {}
  const key = typeof sign['key'] === 'string' ? sign['key'] : 'issuer'
  const own: Means[] = recipe['user'] === 'b' ? ['second-user'] : []
  if (key === 'second-issuer') return [...own, 'second-issuer']
  if (key.startsWith('published:')) return [...own, 'issuer']
  if (recipe['invented'] === true && key !== 'issuer') return own
  const changed = needsIssuer.some((member) => recipe[member] !== undefined)
  if (key === 'issuer' && (changed || sign['alg'] !== undefined)) return [...own, 'issuer']
  return [...own, 'token']
}
