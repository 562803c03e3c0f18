import type { McpAnswer } from './mcp-answer.ts'
import { isObject } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'

/** A form that a server wants its user to fill in (MCP elicitation, form mode). */
export interface ElicitedForm {
  message: string
  fields: ElicitedField[]
}

export interface ElicitedField {
  name: string
  /** Its title and its description, as far as it has them. */
  texts: string[]
  /** A text to be typed, and no choice among given ones. */
  typed: boolean
}

/** Asked by a request of the server (to 2025-11-25) or in a result that needs input (2026-07-28). */
export function elicitedForms({ messages }: Pick<McpAnswer, 'messages'>): ElicitedForm[] {
  const requests = messages.flatMap(({ result }): JsonValue[] =>
    isObject(result) && isObject(result['inputRequests'])
      ? Object.values(result['inputRequests'])
      : [],
  )
  return [...messages, ...requests].filter(isObject).flatMap((each) => formOf(each) ?? [])
}

function formOf({ method, params }: JsonObject): ElicitedForm | null {
  if (method !== 'elicitation/create' || !isObject(params)) return null
  const { requestedSchema: schema, message } = params
  if (!isObject(schema)) return null
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  return { message: textOf(message), fields: Object.entries(properties).map(fieldOf) }
}

function fieldOf([name, schema]: [string, JsonValue]): ElicitedField {
  const { type, title, description, ...rest } = isObject(schema) ? schema : {}
  const choice = ['enum', 'oneOf', 'anyOf', 'const'].some((each) => each in rest)
  const texts = [title, description].map(textOf).filter((text) => text !== '')
  return { name, texts, typed: !choice && [type].flat().includes('string') }
}

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '')
