import { z } from 'zod'
import { isObject } from '../protocol/json.ts'
import { redirectGoals } from '../protocol/redirect-goal.ts'
import { template, textMap, valueMap, valueSchema } from './value-schema.ts'

const code: z.ZodType = z.union([
  z.int().min(100).max(599),
  z.string().regex(/^[1-5]xx$/),
  z.literal('none'),
  template,
])

const challenge: z.ZodType = z
  .strictObject({
    'well-formed': z.boolean(),
    count: valueSchema,
    scheme: z.union([z.string(), z.array(z.string()).min(1)]),
    'has-parameters': z.boolean(),
    parameters: textMap,
    scopes: valueSchema,
    attributes: z.enum(['clean', 'clean-but-for-commas']),
    'same-structure-as': z.union([z.string(), template]),
  })
  .partial()

const kind: z.ZodType = z.enum(['result', 'tool-error', 'error', 'none'])
const kinds: z.ZodType = z.union([kind, z.array(kind).min(1)])
const details: z.ZodType = z
  .strictObject({
    kind: kinds,
    code: valueSchema,
    text: valueSchema,
    data: valueSchema,
    result: valueSchema,
    message: valueSchema,
    elements: valueSchema,
  })
  .partial()

const goal: z.ZodType = z.enum(redirectGoals)
const redirect: z.ZodType = z
  .strictObject({
    to: valueSchema,
    query: textMap,
    'leads-to': z.union([goal, z.array(goal).min(1)]),
  })
  .partial()

const request: z.ZodType = z
  .strictObject({
    endpoint: valueSchema,
    method: valueSchema,
    path: valueSchema,
    status: valueSchema,
    header: textMap,
    query: textMap,
    credential: valueSchema,
    credential_form: valueSchema,
    user: valueSchema,
    json: valueMap,
  })
  .partial()
const secrets: z.ZodType = z.union([z.array(z.string()).min(1), template])

const duration: z.ZodType = z.union([
  z.number().nonnegative(),
  z.string().regex(/^\d+(?:\.\d+)?(?:ms|s|m|h)$/),
  template,
])

/** The argument of each matcher as it stands in a scenario, templates not yet replaced. */
export const matcherSchemas: Record<string, z.ZodType> = {
  status: z.union([code, z.array(code).min(1)], {
    error: 'a status is a code, 2xx to 5xx, none, or a list of these',
  }),
  challenge: z.union([z.literal('none'), challenge], { error: ({ input }) => explain(input) }),
  header: textMap,
  json: valueMap,
  claims: valueMap,
  body: valueSchema,
  mcp: z.union([kinds, details], {
    error:
      'mcp is result, tool-error, error, none, a list of these, or a map of kind, code, text, data, result, message, elements',
  }),
  identity: z.union([z.enum(['a', 'b', 'anonymous', 'other']), template], {
    error: 'an identity is a, b, anonymous or other',
  }),
  redirect: z.union([z.literal('none'), redirect], {
    error: `a redirect is none, or a map of to, query and leads-to (${redirectGoals.join(', ')})`,
  }),
  requests: z
    .strictObject({
      count: valueSchema,
      every: request,
      some: request,
      carry: secrets,
      'never-carry': secrets,
    })
    .partial(),
  events: z.strictObject({ count: valueSchema, every: valueSchema, some: valueSchema }).partial(),
  leaks: z.enum(['nothing', 'internals', 'nor-addresses', 'third-party'], {
    error: 'leaks is nothing, nor-addresses, internals or third-party',
  }),
  elicitation: z.enum(['page', 'none'], { error: 'elicitation is page or none' }),
  form: z.enum(['present', 'no-secrets', 'no-plain-secrets'], {
    error: 'form is present, no-secrets or no-plain-secrets',
  }),
  elapsed: z.strictObject({ max: duration }),
}

function explain(input: unknown): string {
  if (!isObject(input)) return 'a challenge is none or a map'
  const parsed = challenge.safeParse(input)
  const [issue] = parsed.success ? [] : parsed.error.issues
  return [issue?.path.join('.'), issue?.message].filter(Boolean).join(': ')
}
