import { z } from 'zod'
import { matcherSchemas } from './matcher-schemas.ts'
import { textMap, valueMap, valueSchema } from './value-schema.ts'
import { verbs } from '../model.ts'
import type { Verb } from '../model.ts'
import { recipeSchema, tokenSchema } from './recipe-schema.ts'
import {
  checkSchema,
  conditionSchema,
  probeSchema,
  requirementSchema,
  stepSchemas,
  topicSchema,
  vocabularySchema,
} from './schema.ts'

/*
 * The loader checks a file piece by piece, after the matrix was expanded. An editor sees the file as
 * written: here the same pieces are put together, and `{{matrix.…}}` may stand for any typed value.
 */
type Shape = Record<string, z.ZodType>
const shapeOf = (schema: z.ZodType): Shape => (schema as z.ZodObject).shape as Shape

const matcherMap: z.ZodType = z
  .strictObject({
    like: z.string().describe('A named expectation, to which these matchers are added'),
    ...matcherSchemas,
  })
  .partial()
const expectation: z.ZodType = z.union([
  z.string(),
  matcherMap,
  z.array(z.union([z.string(), matcherMap])).min(1),
])
// `{ mcp: none }` is a map of matchers; a step of that name would hide every slip in it
const stepName: z.ZodString = z
  .string()
  .regex(new RegExp(`^(?!(?:${[...Object.keys(matcherSchemas), 'like'].join('|')})$)`))
const stepMap: z.ZodType = z.record(stepName, expectation)
const judged: z.ZodType = z.union([expectation, stepMap, z.array(stepMap).min(1)])

const verbTexts: Record<Verb, string> = {
  send: 'Sends one MCP message; only deviations from a conformant request are written',
  open: 'Opens a session or a stream, which stays open to the end of the probe',
  fetch: 'Fetches a URL, without a credential and without following redirects',
  discover: 'Walks the places of a metadata document and records what was tried',
  arrange: "Uses the tester's powers; undone when the probe ends",
  observe:
    'Reads what was requested of the issuer, listener or upstream, a stream, or the whole run',
  register: 'Registers an OAuth client with the issuer, or goes on as the declared one',
  authorize: 'Begins a login with PKCE, and walks through it as a person would',
  browse:
    'Fills in the form of the page at which a login stands, or visits the page to which an answer sends its user',
  'request-token':
    'Asks the token endpoint with the code of a login or with the latest refresh token',
  connect: 'Lets an unmodified MCP client log in and list the tools',
  together: 'Takes several steps at the same time',
}
const expectations: Shape = {
  expect: expectation.optional().describe('Unmet: violation'),
  require: expectation.optional().describe('Unmet: inconclusive'),
  assume: z
    .strictObject({
      is: expectation,
      else: z.string(),
      outcome: z.enum(['not-applicable', 'untested']).optional(),
    })
    .optional()
    .describe('Unmet: not-applicable, or the outcome named, with the reason in else'),
}
const variants: z.ZodType[] = verbs.map((verb) => {
  const shape = shapeOf(stepSchemas[verb])
  const inner: Shape =
    verb === 'together'
      ? { together: z.array(z.lazy(() => step)) }
      : { [verb]: shape[verb] as z.ZodType }
  const poll = z
    .strictObject({ until: expectation, within: z.string() })
    .optional()
    .describe('Repeats the step until this holds or the budget ends')
  return z.strictObject({ ...shape, ...expectations, poll, ...inner }).describe(verbTexts[verb])
})
const step: z.ZodType = z.union(variants as [z.ZodType, ...z.ZodType[]])
const steps: z.ZodType = z.array(step).min(1)
const probe: z.ZodType = z.strictObject({
  ...shapeOf(probeSchema),
  steps,
})
const allowance: z.ZodType = z.strictObject({
  is: judged,
  because: z.string(),
  revisions: z.array(z.string()).optional(),
  fault: z.union([z.string(), z.array(z.string())]).optional(),
})
const checkTexts: Record<string, string> = {
  id: "A requirement's id, optionally with /variant",
  title: 'What a conformant server does, as one sentence',
  hint: 'What to change when the check fails',
  token: 'Short for send: { token }; the step is called answer',
  send: 'One message; the step is called answer',
  on: 'Judges a shared probe',
  expect: 'Unmet: violation. A list means any one of these',
  allow: 'Also acceptable: a pass with a remark',
  diagnose: 'Known wrong answers; changes the message, never the outcome',
  record: 'Observations for the report; never judged',
  control: 'plain unless given: the same without deviations is accepted before and after',
  because: 'The reason for control: none',
  when: 'Conditions without which the check does not apply',
  matrix: 'Axes of values; one verdict for each combination',
  tokens: 'Recipes that are minted once a variant',
  fault: 'The planted deviation that turns the check red',
  'no-fault': 'Why no fault can turn the check red',
}
const check: z.ZodType = z.strictObject(
  Object.fromEntries(
    Object.entries({
      ...shapeOf(checkSchema),
      steps: steps.optional(),
      expect: judged.optional(),
      allow: z.union([z.array(allowance), z.string()]).optional(),
      diagnose: z.array(z.strictObject({ is: judged, say: z.string() })).optional(),
    }).map(([name, schema]) => {
      const about = checkTexts[name]
      return [name, about === undefined ? schema : schema.describe(about)]
    }),
  ),
)
const observed: z.ZodType = z.strictObject({
  on: z.string(),
  is: z.union([stepMap, z.array(stepMap).min(1)]),
  else: z.string(),
  outcome: z.enum(['not-applicable', 'untested']).optional(),
})
const declared: z.ZodType = ((conditionSchema as z.ZodUnion).options as z.ZodType[])[0] as z.ZodType
const tables: Shape = {
  probes: z.record(z.string(), probe).optional(),
  tokens: z.record(z.string(), recipeSchema).optional(),
  expectations: z.record(z.string(), expectation).optional(),
  conditions: z.record(z.string(), z.union([declared, observed])).optional(),
}
const topic: z.ZodType = z.strictObject({
  ...shapeOf(topicSchema),
  ...tables,
  checks: z.array(check),
})
const vocabulary: z.ZodType = z.strictObject({ ...shapeOf(vocabularySchema), ...tables })

const definitions: [id: string, schema: z.ZodType, description: string][] = [
  ['topic', topic, 'Checks of one topic'],
  ['vocabulary', vocabulary, 'Words that every topic may use'],
  ['requirement', requirementSchema, 'A requirement that is not in the catalogue'],
  ['check', check, 'Judges what the steps of a probe bring in'],
  ['probe', probe, 'Collects evidence by steps; it never judges'],
  ['step', step, 'One verb, and what must hold of its answers'],
  ['token', tokenSchema, 'none, good, the name of a recipe, or a recipe'],
  ['recipe', recipeSchema, 'What differs from the token that it starts from'],
  ['expectation', expectation, 'A name, a map of matchers (all hold), or a list (any one holds)'],
  ['matchers', matcherMap, 'What must hold of an answer, all of it'],
  ['texts', textMap, 'Name → value, where all that can be found is text'],
  ['members', valueMap, 'Name or path → value'],
  ['value', valueSchema, 'A scalar (equal, byte for byte), or a map of operators (all hold)'],
]

/** These are written out as they are; every other typed value may come from the matrix. */
const whole: Set<unknown> = new Set([
  ...definitions.map(([, schema]) => schema).filter((schema) => schema !== recipeSchema),
  ...variants,
])
const typed = new Set([
  'enum',
  'literal',
  'number',
  'int',
  'boolean',
  'array',
  'tuple',
  'object',
  'record',
])
const fromMatrix: { type: string; pattern: string } = {
  type: 'string',
  pattern: String.raw`\{\{\s*matrix\.`,
}

/** JSON Schema (draft 7, which editors know) of scenario files as they are written. */
export function editorSchema(): Record<string, unknown> {
  const metadata = z.registry<{ id?: string; description?: string }>()
  for (const [id, schema, description] of definitions) metadata.add(schema, { id, description })
  const { $schema, ...schema } = z.toJSONSchema(z.union([topic, vocabulary]), {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    metadata: described(metadata),
    override: ({ zodSchema, jsonSchema }) => {
      const { type } = (zodSchema as unknown as z.ZodType).def
      const patterned = type === 'string' && jsonSchema.pattern !== undefined
      if (whole.has(zodSchema) || !(typed.has(type) || patterned)) return
      const { description, id: _, ...own } = jsonSchema
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
      if (description !== undefined) jsonSchema.description = description
      jsonSchema.anyOf = [own, { ...fromMatrix }] as never
    },
  })
  // a definition is known by its key; draft 7 has no member id
  for (const definition of Object.values(schema.definitions ?? {})) {
    if (typeof definition === 'object') delete definition.id
  }
  return {
    $schema,
    title: 'Scenarios of mcp-auth-conformance',
    description: 'A topic with checks, or a vocabulary. See docs/writing-scenarios.md.',
    ...schema,
  }
}

type Metadata = ReturnType<typeof z.registry<{ id?: string; description?: string }>>

/** Descriptions given by `describe` count too. */
function described(own: Metadata): Metadata {
  for (const shape of [shapeOf(check), ...variants.map(shapeOf)]) {
    for (const member of Object.values(shape)) {
      const description = member.description
      if (description !== undefined && !own.has(member)) own.add(member, { description })
    }
  }
  for (const variant of variants) own.add(variant, { description: variant.description ?? '' })
  return own
}
