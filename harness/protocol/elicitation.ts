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

/** The pages to which a server sends its user (MCP elicitation, URL mode). */
export function elicitedPages(answer: Pick<McpAnswer, 'messages'>): string[] {
  const required = answer.messages.flatMap(({ error }): JsonValue[] => {
    const data = isObject(error) && error['code'] === urlRequired ? error['data'] : null
    return isObject(data) && Array.isArray(data['elicitations']) ? data['elicitations'] : []
  })
  const asked = elicitations(answer).map(({ params }) => params ?? null)
  return [...asked, ...required].flatMap((each) =>
    isObject(each) && each['mode'] === 'url' && typeof each['url'] === 'string'
      ? [each['url']]
      : [],
  )
}

/** URLElicitationRequiredError of MCP 2025-11-25. */
const urlRequired = -32042

/** Asked by a request of the server (to 2025-11-25) or in a result that needs input (2026-07-28). */
export function elicitedForms(answer: Pick<McpAnswer, 'messages'>): ElicitedForm[] {
  return elicitations(answer).flatMap((each) => formOf(each) ?? [])
}

function elicitations({ messages }: Pick<McpAnswer, 'messages'>): JsonObject[] {
  const requests = messages.flatMap(({ result }): JsonValue[] =>
    isObject(result) && isObject(result['inputRequests'])
      ? Object.values(result['inputRequests'])
      : [],
  )
  return [...messages, ...requests]
    .filter(isObject)
    .filter(({ method }) => method === 'elicitation/create')
}

function formOf({ params }: JsonObject): ElicitedForm | null {
  if (!isObject(params)) return null
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
