import { authorize, browse, connect, register, requestToken } from './login-schemas.ts'
import { z } from 'zod'
import { means, revisions } from '../model.ts'
import type { Verb } from '../model.ts'
import type { JsonValue } from '../protocol/json.ts'
import { recipeSchema, tokenSchema } from './recipe-schema.ts'

/*
 * The shape of scenario files. Each piece is checked by itself after the matrix was expanded, so
 * that a message names the branch that was meant; put together they are the editor's schema.
 */
const json: z.ZodType<JsonValue> = z.json()
const length = z
  .string()
  .regex(/^(\d+(\.\d+)?(ms|s|m|h|d)|\{\{.*\}\})$/, 'a length such as 2s or 10m')
const names = z.union([z.string(), z.array(z.string())])
const member = z.union([z.string(), z.number(), z.null()])
const role = z.string().regex(/^[a-z][a-z-]*$/)

/** An expectation as written: a name, a map of matchers, or a list of either. */
export const expectationSchema: z.ZodType<JsonValue> = z.union([
  z.string(),
  z.record(z.string(), json),
  z.array(z.union([z.string(), z.record(z.string(), json)])).min(1),
]) as z.ZodType<JsonValue>

const caller = {
  token: tokenSchema.optional(),
  user: z.enum(['a', 'b']).optional(),
  in: z.string().optional(),
  capabilities: z.record(z.string(), json).optional(),
}
export const operations = [
  'call',
  'read',
  'subscribe',
  'get-prompt',
  'complete',
  'request',
  'notify',
  'respond',
  'terminate',
  'batch',
  'raw',
] as const

const send = z.union([
  z.literal('base'),
  z.strictObject({
    call: role.optional(),
    read: role.optional(),
    subscribe: role.optional(),
    'get-prompt': role.optional(),
    complete: role.optional(),
    request: z.strictObject({ method: z.string(), params: json.optional() }).optional(),
    notify: z.string().optional(),
    respond: z.literal(true).optional(),
    terminate: z.literal(true).optional(),
    batch: z.array(z.strictObject({ call: role })).optional(),
    raw: z
      .strictObject({
        method: z.string().optional(),
        text: z.string().optional(),
        bytes: z.union([z.number(), z.string()]).optional(),
      })
      .optional(),
    ...caller,
    authorization: names.optional(),
    carry: z
      .strictObject({
        in: z.enum(['header', 'query', 'cookie', 'form', 'meta']).optional(),
        name: z.string().optional(),
        scheme: z.string().optional(),
      })
      .optional(),
    header: z.record(z.string(), z.union([member, z.array(z.string())])).optional(),
    path: z.string().optional(),
    connection: role.optional(),
    query: z.record(z.string(), z.string()).optional(),
    params: json.optional(),
    arguments: json.optional(),
  }),
])

const open = z.strictObject({
  what: z.enum(['session', 'stream']),
  path: z.string().optional(),
  subscribe: role.optional(),
  ...caller,
  header: z.record(z.string(), member).optional(),
})
const fetch = z.strictObject({
  url: z.string(),
  method: z.string().optional(),
  header: z.record(z.string(), member).optional(),
  form: z.record(z.string(), z.string()).optional(),
  json: json.optional(),
})
const discover = z.strictObject({
  what: z.enum(['resource-metadata', 'authorization-servers', 'issuer-metadata', 'token-routes']),
  at: z.string().optional(),
  header: z.record(z.string(), member).optional(),
})
const arrange = z.strictObject({
  issuer: z.record(z.string(), json).optional(),
  'second-issuer': z.record(z.string(), json).optional(),
  listener: z.record(z.string(), json).optional(),
  upstream: z.record(z.string(), json).optional(),
  target: z.literal('restart').optional(),
  undo: z.string().optional(),
})
const observe = z.strictObject({
  at: z.string(),
  since: z.string().optional(),
  where: z
    .strictObject({
      endpoint: names.optional(),
      method: names.optional(),
      path: names.optional(),
      status: json.optional(),
    })
    .optional(),
  own: z.literal(true).optional(),
  settle: length.optional(),
})

const common = {
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'a name in lower case with hyphens'),
  expect: expectationSchema.optional(),
  require: expectationSchema.optional(),
  assume: z
    .strictObject({
      is: expectationSchema,
      else: z.string(),
      outcome: z.enum(['not-applicable', 'untested']).optional(),
    })
    .optional(),
  repeat: z.number().int().min(1).max(1000).optional(),
  at_once: z.number().int().min(2).max(100).optional(),
  poll: z.strictObject({ until: expectationSchema, within: length }).optional(),
  timeout: length.optional(),
  leave_out: expectationSchema.optional(),
  impatient: z.literal(true).optional(),
}

/** One strict schema a verb. `together` holds a list of steps, each checked by itself. */
export const stepSchemas: Record<Verb, z.ZodType> = {
  send: z.strictObject({ ...common, send }),
  open: z.strictObject({ ...common, open }),
  fetch: z.strictObject({ ...common, fetch }),
  discover: z.strictObject({ ...common, discover }),
  arrange: z.strictObject({ ...common, arrange }),
  observe: z.strictObject({ ...common, observe }),
  register: z.strictObject({ ...common, register }),
  authorize: z.strictObject({ ...common, authorize }),
  browse: z.strictObject({ ...common, browse }),
  'request-token': z.strictObject({ ...common, 'request-token': requestToken }),
  connect: z.strictObject({ ...common, connect }),
  together: z.strictObject({ ...common, together: z.array(json) }),
}
export const sendSchema: z.ZodType = send

const stepMap = z.record(z.string(), expectationSchema)
const meansList = z.array(z.enum(means))
const revisionList = z.array(z.enum(revisions))
export const matrixSchema: z.ZodType = z.record(
  z.string(),
  z.union([
    z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).min(1),
    z
      .record(z.string(), json)
      .refine((axis) => Object.keys(axis).length > 0, 'an axis has at least one value'),
  ]),
)
const control = z.enum(['plain', 'none'])
const judged = z.union([expectationSchema, stepMap, z.array(stepMap)])

export const checkSchema: z.ZodType = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z]+\.[a-z0-9-]+(\/[a-z0-9-]+)?$/, 'area.requirement or area.requirement/variant'),
  title: z.string().min(1),
  hint: z.string().min(1),
  token: tokenSchema.optional(),
  send: send.optional(),
  steps: z.array(json).min(1).optional(),
  on: z.string().optional(),
  expect: judged.optional(),
  allow: z
    .array(
      z.strictObject({
        is: judged,
        because: z.string(),
        revisions: revisionList.optional(),
        fault: names.optional(),
      }),
    )
    .optional(),
  diagnose: z.array(z.strictObject({ is: judged, say: z.string() })).optional(),
  record: z.record(z.string(), z.string()).optional(),
  control: control.optional(),
  because: z.string().optional(),
  when: z.array(z.string()).optional(),
  matrix: matrixSchema.optional(),
  tokens: z.record(z.string(), recipeSchema).optional(),
  means: meansList.optional(),
  exclusive: z.boolean().optional(),
  revisions: revisionList.optional(),
  fault: names.optional(),
  'no-fault': z.string().optional(),
})

export const probeSchema: z.ZodType = z.strictObject({
  about: z.string().optional(),
  steps: z.array(json).min(1),
  control: control.optional(),
  because: z.string().optional(),
  matrix: matrixSchema.optional(),
  tokens: z.record(z.string(), recipeSchema).optional(),
  when: z.array(z.string()).optional(),
  means: meansList.optional(),
  exclusive: z.boolean().optional(),
})

export const conditionSchema: z.ZodType = z.union([
  z.strictObject({ fact: z.string(), is: json.optional(), else: z.string() }),
  z.strictObject({
    on: z.string(),
    is: z.union([stepMap, z.array(stepMap).min(1)]),
    else: z.string(),
    outcome: z.enum(['not-applicable', 'untested']).optional(),
  }),
])

/** What `requirements:` of a topic says of an id of its own. */
export const requirementSchema: z.ZodType = z.strictObject({
  level: z.enum(['MUST', 'MUST NOT', 'SHOULD', 'SHOULD NOT', 'MAY']),
  role: z.enum(['resource-server', 'authorization-server', 'client']),
  text: z.string(),
  source: z
    .array(z.strictObject({ doc: z.string(), section: z.string(), url: z.string() }))
    .optional(),
})

const tables = {
  probes: z.record(z.string(), json).optional(),
  tokens: z.record(z.string(), recipeSchema).optional(),
  expectations: z.record(z.string(), expectationSchema).optional(),
  conditions: z.record(z.string(), conditionSchema).optional(),
}

export const topicSchema: z.ZodType = z.strictObject({
  title: z.string(),
  about: z.string().optional(),
  requirements: z.record(z.string(), requirementSchema).optional(),
  checks: z.array(json),
  ...tables,
})
export const vocabularySchema: z.ZodType = z.strictObject({ vocabulary: z.string(), ...tables })
