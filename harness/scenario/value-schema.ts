import { z } from 'zod'
import { isObject } from '../protocol/json.ts'
import { expressionOf, operatorNames } from '../matchers/value.ts'

/** A text that holds a template; it stands for a value of any type until it is replaced. */
export const template: z.ZodString = templateFor('something else')

/** A template where something else could stand. */
export function templateFor(what: string): z.ZodString {
  return z.string().regex(/\{\{/, `expected ${what}, or a template`)
}

const scalar: z.ZodType = z.union([z.string(), z.number(), z.boolean(), z.null()])
const list: z.ZodType = z.union([z.array(z.json()), templateFor('a list')])
const bound: z.ZodType = z.union([z.number(), templateFor('a number')])
const scalars: z.ZodType = z.union([scalar, z.array(scalar)])
const typeNames = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']
const typeName: z.ZodType = z.enum(typeNames, { error: `expected ${typeNames.join(', ')}` })
const types: z.ZodType = z.union([typeName, z.array(typeName).min(1)], {
  error: `expected ${typeNames.join(', ')}, or a list of these`,
})
const pattern: z.ZodType = z.string().refine(isPattern, 'this is no regular expression')

/** A value of the value language: a scalar, or a map of operators. */
export const valueSchema: z.ZodType = z.lazy(() =>
  z.union([scalar, operatorMap], { error: ({ input }) => explain(input) }),
)

const textValue: z.ZodType = z.lazy(() =>
  z.union([z.string(), operatorMap], {
    error: ({ input }) => (isObject(input) ? explain(input) : 'this is always text; quote it'),
  }),
)

/** Name → value, where all that can be found is text: headers, challenge parameters, queries. */
export const textMap: z.ZodType = z.record(z.string(), textValue)

/** Name or path → value. */
export const valueMap: z.ZodType = z.record(z.string(), valueSchema)

const operatorMap: z.ZodType = z
  .strictObject(
    {
      is: z.json(),
      not: valueSchema,
      'one-of': list,
      'any-of': z.array(valueSchema).min(1),
      'if-present': valueSchema,
      matches: pattern,
      contains: scalars,
      lacks: scalars,
      lists: z.union([z.string(), z.array(z.string())]),
      min: bound,
      max: bound,
      present: z.boolean(),
      type: types,
      every: valueSchema,
      some: valueSchema,
      items: valueSchema,
      members: valueMap,
      'same-set-as': list,
      'differs-from': z.json(),
    },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys' ? unknownOperator(issue.keys[0]) : undefined,
    },
  )
  .partial()
  .refine((map) => Object.keys(map).length > 0, 'an empty map says nothing')

function isPattern(text: string): boolean {
  try {
    return text.includes('{{') || expressionOf(text) instanceof RegExp
  } catch {
    return false
  }
}

function unknownOperator(name: string | undefined): string {
  return `unknown operator "${name}"; known: ${operatorNames.join(', ')}`
}

/** The reason that helps, since a union by itself only says that nothing fitted. */
function explain(input: unknown): string {
  if (Array.isArray(input)) return 'a list is no value here; write is, one-of or same-set-as'
  const parsed = operatorMap.safeParse(input)
  const [issue] = parsed.success ? [] : parsed.error.issues
  return [issue?.path.join('.'), issue?.message].filter(Boolean).join(': ')
}
