import type { JsonValue } from '../protocol/json.ts'
import { describeAnswer } from './describe-answer.ts'
import type { AnswerMatcher, MatchContext } from './matcher.ts'
import { valueAt } from './path.ts'
import { show } from './words.ts'
import type { AnswerView } from './view.ts'

/** Who the server took the caller for, by the declared `tool.reveals-caller.identity`. */
export const identity: AnswerMatcher = {
  on: 'answer',
  describe: (value) => words[String(value)] ?? String(value),
  match: (value, view, context) => {
    if (context.identity === null) return 'nothing declares how an answer names its caller'
    if (!view.mcp.kinds.includes('result')) return describeAnswer(view)
    const found = callerIn(view, context.identity)
    const caller = nameCaller(found, context.identity)
    return caller === value ? null : describeCaller(caller, found)
  },
}

const words: Record<string, string> = {
  a: 'user a',
  b: 'user b',
  anonymous: 'an anonymous caller',
  other: 'somebody else',
}

type Declared = NonNullable<MatchContext['identity']>

/** In the data of the result; a text is the name itself. */
function callerIn({ mcp: { data } }: AnswerView, { path }: Declared): JsonValue | undefined {
  return typeof data === 'string' ? data : valueAt(path, data)
}

function nameCaller(found: JsonValue | undefined, { a, b }: Declared): string {
  if (found === undefined || found === null || found === '') return 'anonymous'
  const text = String(found)
  if (text === a) return 'a'
  if (text === b) return 'b'
  return text.toLowerCase() === 'anonymous' ? 'anonymous' : 'other'
}

function describeCaller(caller: string, found: JsonValue | undefined): string {
  return caller === 'other' ? `somebody else: ${show(found)}` : String(words[caller])
}
