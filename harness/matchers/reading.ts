import type { HeaderList, RoundTrip } from '../model.ts'
import { parseChallenges } from '../protocol/challenge.ts'
import type { ChallengeReading } from '../protocol/challenge.ts'
import { parseJson } from '../protocol/json.ts'
import type { JsonValue } from '../protocol/json.ts'
import { isEventStream, readMcpAnswer } from '../protocol/mcp-answer.ts'
import type { McpAnswer } from '../protocol/mcp-answer.ts'

const readings = new WeakMap<RoundTrip, Reading>()

/** Each round trip is read once, however many checks look at it. */
export function readingOf(trip: RoundTrip | undefined): Reading {
  if (!trip) return nothing
  const known = readings.get(trip)
  if (known) return known
  const made = new Reading(trip)
  readings.set(trip, made)
  return made
}

/** What an answer says. Of the thousands of a run few are read whole, so each part is read when asked for. */
export class Reading {
  readonly status: number | null
  readonly headers: HeaderList
  readonly body: string
  readonly eventStream: boolean
  readonly #contentType: string
  readonly #asked: string
  #joined: Map<string, string> | undefined
  #mcp: McpAnswer | undefined
  #json: { value: JsonValue | undefined } | undefined
  #challenge: ChallengeReading | undefined

  constructor(trip: RoundTrip | undefined) {
    const { status = null, headers = [], body = '' } = trip?.response ?? {}
    this.status = status
    this.headers = headers
    this.body = body
    this.#contentType = this.header('content-type') ?? ''
    this.#asked = trip?.request.body ?? ''
    this.eventStream = isEventStream(this.#contentType)
  }

  /** All lines of a name, joined as one; `undefined` without any. */
  header(name: string): string | undefined {
    this.#joined ??= joinLines(this.headers)
    return this.#joined.get(name.toLowerCase())
  }

  get mcp(): McpAnswer {
    this.#mcp ??= readMcpAnswer({
      status: this.status,
      contentType: this.#contentType,
      body: this.body,
      asked: this.#asked,
    })
    return this.#mcp
  }

  /** The body as JSON; for an event stream the message inside. */
  get json(): JsonValue | undefined {
    this.#json ??= { value: this.eventStream ? inStream(this.mcp) : parseJson(this.body) }
    return this.#json.value
  }

  get challenge(): ChallengeReading {
    this.#challenge ??= readChallenge(this.headers)
    return this.#challenge
  }
}

const nothing = new Reading(undefined)

function inStream({ messages }: McpAnswer): JsonValue | undefined {
  return messages.length > 1 ? messages : messages[0]
}

function joinLines(headers: HeaderList): Map<string, string> {
  const joined = new Map<string, string>()
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    const before = joined.get(key)
    joined.set(key, before === undefined ? value : `${before}, ${value}`)
  }
  return joined
}

function linesOf(headers: HeaderList, name: string): string[] {
  const wanted = name.toLowerCase()
  return headers.flatMap(([each, value]) => (each.toLowerCase() === wanted ? [value] : []))
}

/** A marker that the recorder wrote instead of a secret is no fault of the sender's grammar. */
function readChallenge(headers: HeaderList): ChallengeReading {
  const lines = linesOf(headers, 'www-authenticate')
  const asSent = lines.map((line) => line.replaceAll(/‹[\w-]+#\d+›/g, 'redacted'))
  const reading = parseChallenges(asSent)
  if (asSent.every((line, index) => line === lines[index])) return reading
  return { ...reading, challenges: parseChallenges(lines).challenges }
}
