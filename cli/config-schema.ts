import { z } from 'zod'
import { providerNames } from '../harness/conformance-options.ts'
import { revisions } from '../harness/model.ts'

const none = z.literal('none')
const text = z.string()
const role = z.union([
  none,
  z.strictObject({
    name: text,
    arguments: z.record(text, z.json()).optional(),
    scopes: z.array(text).optional(),
    implied_by: text.optional(),
    argument: text.optional(),
    route: text.optional(),
    answers: z.record(text, z.json()).optional(),
    identity: z.strictObject({ path: text, a: text.optional(), b: text.optional() }).optional(),
    user: z
      .strictObject({
        header: text.optional(),
        claim: text.optional(),
        a: text.optional(),
        b: text.optional(),
      })
      .optional(),
  }),
])

/** `facts:`: what the tester declares about the server. A value, `none`, or left out. */
export const factsSchema: z.ZodType = z.strictObject({
  target: z
    .strictObject({
      allowed_origin: text.optional(),
      scopes: z.union([none, z.strictObject({ required: z.array(text) })]).optional(),
      introspection: text.optional(),
      protected: z.boolean().optional(),
      resource: text.optional(),
      short_life: text.optional(),
      key_cache: text.optional(),
      leeway: text.optional(),
      state_life: text.optional(),
      bursts: z.union([none, z.literal(true)]).optional(),
      legacy_sse: text.optional(),
      local: z.boolean().optional(),
      documented: z.array(text).optional(),
      own_login: z
        .union([
          none,
          z.strictObject({
            page: text,
            product: text,
            back: text,
            username: text,
            password: text,
          }),
        ])
        .optional(),
    })
    .optional(),
  tool: z.record(text, role).optional(),
  resource: z
    .record(text, z.union([none, z.strictObject({ uri: text, scopes: z.array(text).optional() })]))
    .optional(),
  prompt: z.record(text, role).optional(),
  user: z
    .record(
      text,
      z.union([
        none,
        z.strictObject({
          subject: text,
          username: text.optional(),
          password: text.optional(),
          email: text.optional(),
        }),
      ]),
    )
    .optional(),
  client: z
    .strictObject({
      id: text.optional(),
      secret: text.optional(),
      allowlist: text.optional(),
      actor: text.optional(),
    })
    .optional(),
  issuer: z.record(text, z.json()).optional(),
})

/** The configuration file. Flags win over it. */
export const configSchema: z.ZodType = z.strictObject({
  target: z
    .strictObject({
      url: text.optional(),
      command: text.optional(),
      image: text.optional(),
      port: z.int().min(1).max(65_535).optional(),
      host_address: z.union([z.ipv4(), z.ipv6()]).optional(),
      server: text.optional(),
      env: z.record(text, z.union([text, z.number(), z.boolean()])).optional(),
      directory: text.optional(),
    })
    .optional(),
  issuer: z.enum(providerNames).optional(),
  upstream: z.url().optional(),
  revision: z.enum(revisions).optional(),
  tokens: z.strictObject({ a: text.optional(), b: text.optional() }).optional(),
  headers: z.record(text, text).optional(),
  scenarios: z.union([text, z.array(text)]).optional(),
  only: z.array(text).optional(),
  skip: z.array(text).optional(),
  strict: z.boolean().optional(),
  facts: factsSchema.optional(),
})
