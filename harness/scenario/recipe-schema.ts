import { z } from 'zod'
import type { JsonValue } from '../protocol/json.ts'

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
  embed: z.enum(['jwk', 'jwk-private', 'x5c']).optional(),
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
