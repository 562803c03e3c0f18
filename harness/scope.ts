import { randomBytes } from 'node:crypto'
import type { StepView } from './matchers/view.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject, JsonValue } from './protocol/json.ts'
import type { Lookup } from './scenario/template.ts'

/** What templates can name at one moment of a probe: facts, earlier steps, minted tokens. */
export interface Scope {
  facts: JsonObject
  steps: ReadonlyMap<string, StepView>
  tokens: Record<string, string>
  /** Seconds since the epoch at the start of the probe; of the run where it is judged again. */
  now: number
}

/** The members of a step that a template can name: those of its last answer, and its own. */
export function stepMembers(view: StepView): JsonObject {
  const answer = view.answers.at(-1)
  const challenges = answer?.challenge.challenges ?? []
  const challenge = challenges.find(({ scheme }) => /^bearer$/i.test(scheme)) ?? challenges[0]
  const own: JsonObject = { elapsed: view.elapsed }
  if (view.requests) {
    own['count'] = view.requests.length
    own['requests'] = view.requests as unknown as JsonValue
    own['first'] = (view.requests[0] ?? null) as unknown as JsonValue
  }
  if (view.events) {
    own['events'] = view.events
    own['event'] = view.events[0] ?? null
  }
  if (!answer) return own
  return {
    ...own,
    status: answer.status,
    header: Object.fromEntries(
      answer.headers.map(([name, value]) => [name.toLowerCase(), answer.header(name) ?? value]),
    ),
    json: answer.json ?? null,
    mcp: {
      text: answer.mcp.text,
      data: answer.mcp.data,
      result: answer.mcp.result,
      code: answer.mcp.code,
      kind: answer.mcp.kinds,
    },
    challenge: {
      ...challenge?.parameters,
      scopes: challenge?.parameters['scope']?.split(' ').filter((scope) => scope !== '') ?? [],
    },
    decision: answer.decision,
    session: answer.session,
    url: answer.url,
    redirect: answer.redirect,
    page: answer.page,
    destination: answer.redirect ?? answer.url,
    body: answer.body,
  }
}

export function lookupIn(scope: Scope): Lookup {
  return (path) => {
    const [root = '', ...rest] = path
    if (root === 'now') return scope.now
    if (root === 'fresh') return randomBytes(18).toString('base64url')
    if (root === 'long') return longText(rest.join('.'))
    if (root === 'tokens') return scope.tokens[rest.join('.')]
    const view = scope.steps.get(root)
    const base: JsonValue | undefined = view ? stepMembers(view) : scope.facts[root]
    return walk(base, rest)
  }
}

function walk(base: JsonValue | undefined, path: string[]): JsonValue | undefined {
  let value = base
  for (const member of path) {
    if (Array.isArray(value)) value = value[Number(member)]
    else if (isObject(value)) value = value[member]
    else return undefined
  }
  return value
}

const multiples: Record<string, number> = { k: 1024, m: 1024 * 1024 }

/** `{{long.16k}}`: that many letters. */
function longText(size: string): string | undefined {
  const match = /^(\d+)([km])$/.exec(size)
  return match ? 'a'.repeat(Number(match[1]) * (multiples[match[2] ?? 'k'] ?? 1)) : undefined
}
