import { isObject } from '../protocol/json.ts'
import type { JsonObject } from '../protocol/json.ts'
import { show } from './words.ts'
import type { AnswerView } from './view.ts'

/** An answer in words, for people: "200 with a tools/list result". */
export function describeAnswer(view: AnswerView): string {
  const opening = view.opening ? ', at the opening of the session' : ''
  if (view.status === null) {
    if (view.roundTrip === null) return 'nothing was sent'
    return `no answer (${view.failure ?? 'unknown reason'})${opening}`
  }
  return `${view.status} with ${describeContent(view)}${opening}`
}

type Content = Pick<AnswerView, 'mcp' | 'body' | 'eventStream' | 'challenge'>

/** What an answer holds in terms of MCP, in words, and what its challenge says went wrong. */
export function describeContent(answer: Content): string {
  return `${describeBody(answer)}${describeError(answer)}`
}

/** The server's own words for a refusal (RFC 6750 section 3). */
function describeError({ challenge: { challenges } }: Content): string {
  const said = challenges.find(({ parameters }) => parameters['error'] !== undefined)?.parameters
  if (said === undefined) return ''
  const { error, error_description: text } = said
  return `, ${text === undefined ? show(error) : `${show(error)}: ${show(text)}`}`
}

function describeBody({ mcp, body, eventStream }: Content): string {
  if (mcp.kinds.includes('result')) return nameResult(mcp.messages)
  if (mcp.kinds.includes('tool-error')) return `a tool error ${show(mcp.text)}`
  if (mcp.kinds.includes('error')) return `JSON-RPC error ${mcp.code ?? ''} ${show(mcp.message)}`
  if (eventStream) return 'an event stream without a result'
  return body === '' ? 'an empty body' : 'no MCP content'
}

const resultMembers: [member: string, name: string][] = [
  ['protocolVersion', 'an initialize result'],
  ['supportedVersions', 'a server/discover result'],
  ['tools', 'a tools/list result'],
  ['resources', 'a resources/list result'],
  ['resourceTemplates', 'a resources/templates/list result'],
  ['prompts', 'a prompts/list result'],
  ['content', 'a tool result'],
  ['contents', 'a resource'],
  ['messages', 'a prompt'],
]

function nameResult(messages: JsonObject[]): string {
  const results = messages.flatMap(({ result }) => (isObject(result) ? [result] : []))
  if (results.length > 1) return `${results.length} results`
  const known = resultMembers.find(([member]) => results[0] && Object.hasOwn(results[0], member))
  return known?.[1] ?? 'an MCP result'
}
