import { z } from 'zod'
import type { MockIssuer } from './issuer.ts'
import type { JsonObject, JsonValue } from './json.ts'

/** What the control API keeps between requests: arrangements that can still be undone. */
export class ControlSession {
  readonly issuer: MockIssuer
  readonly undos: Map<string, () => Promise<void>> = new Map()
  #arranged = 0

  constructor(issuer: MockIssuer) {
    this.issuer = issuer
  }

  async arrange(arrangement: JsonObject): Promise<string> {
    const { undo } = await this.issuer.arrange(arrangement)
    this.#arranged += 1
    const id = `arrangement-${this.#arranged}`
    this.undos.set(id, undo)
    return id
  }

  /** @throws Error (rejects) that lists the arrangements when there is no such one */
  async undo(id: string): Promise<void> {
    const found = this.undos.get(id)
    const all = [...this.undos.keys()].join(', ') || 'none'
    if (!found) throw new Error(`there is no arrangement "${id}". There are: ${all}`)
    this.undos.delete(id)
    await found()
  }
}

/** One power over HTTP. Routing, checking and description are made of it. */
export interface Operation {
  about: string
  input: z.ZodType
  output: z.ZodType
  /** @throws Error (rejects) that says what is wrong with the input */
  run(input: never, session: ControlSession): Promise<JsonValue> | JsonValue
}

/** A power with the forms of what it takes and gives. */
export function operation<Input, Output>(
  about: string,
  forms: [input: z.ZodType<Input>, output: z.ZodType<Output>],
  run: (input: Input, session: ControlSession) => Promise<Output> | Output,
): Operation {
  const [input, output] = forms
  return { about, input, output, run: run as Operation['run'] }
}

/** What a power takes or gives that needs no words. */
export const nothing: z.ZodType<Record<string, never>> = z.strictObject({})

/** A power that answers with nothing. */
export function command<Input>(
  about: string,
  input: z.ZodType<Input>,
  run: (input: Input, session: ControlSession) => unknown,
): Operation {
  return operation<Input, Record<string, never>>(
    about,
    [input, nothing],
    async (given, session) => {
      await run(given, session)
      return {}
    },
  )
}
