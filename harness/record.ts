import type { HeaderList, Revision, RoundTrip } from './model.ts'
import { decodeJwt } from './protocol/jwt.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject, JsonValue } from './protocol/json.ts'
import type { Redactor } from './redact.ts'

/** A request as it was sent. */
export interface SentRequest {
  method: string
  /** Scheme, host and port. */
  url: string
  path: string
  headers: HeaderList
  body?: string | Uint8Array
}

/** What came back, or why nothing did. */
export type ReceivedAnswer =
  | { status: number; headers: HeaderList; body: string; bytes: number; elapsed: number }
  | { failure: { code: string; message: string }; elapsed: number }

export interface Extra {
  revision: Revision
  /** The token that was sent, where the recorder cannot read it off the Authorization line. */
  token?: { text: string; header: JsonValue; claims: JsonValue; note?: string }
}

/** Both sides of one exchange, under one id. */
export interface Recorded {
  /** As it was: for templates, never for a file. */
  raw: RoundTrip
  /** Without secrets: for judging and for reports. */
  recorded: RoundTrip
}

export interface Recorder {
  record(request: SentRequest, answer: ReceivedAnswer, extra: Extra): Recorded
  /** Without secrets, oldest first. */
  roundTrips(): RoundTrip[]
  /** Expected values go the way that answers went, so that both compare. */
  redactValue(value: JsonValue): JsonValue
}

export interface RecorderOptions {
  redactor: Redactor
  /** `performance.now()` at the start of the run. */
  started: number
  /** Keep who the tokens name that the tester was given. Default: such claims become ordinals. */
  showClaims?: boolean
  /** The tokens of the tester: those of the run are made from them, and name real people. */
  given?: string[]
}

/** Characters of a request body, and of one header value, that are kept. */
const keptBody = 64 * 1024
const keptValue = 8 * 1024

/** Records exchanges without their secrets. Ids count from 1. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { redactor, started, given = [] } = options
  const kept: RoundTrip[] = []

  const record = (request: SentRequest, answer: ReceivedAnswer, extra: Extra): Recorded => {
    const at = Math.round(performance.now() - started - answer.elapsed)
    const raw = rawRoundTrip(request, answer, { id: kept.length + 1, at, revision: extra.revision })
    const token = tokenOf(request, extra)
    const recorded: RoundTrip = {
      ...raw,
      request: {
        method: redactor.redact(raw.request.method),
        url: redactor.redact(raw.request.url),
        headers: shorten(redactor.redactHeaders(raw.request.headers)),
        body: cut(redactor.redact(raw.request.body), keptBody),
      },
      response: raw.response && {
        ...raw.response,
        headers: redactor.redactHeaders(raw.response.headers),
        body: redactor.redact(raw.response.body),
      },
      failure: raw.failure && { ...raw.failure, message: redactor.redact(raw.failure.message) },
      ...(token ? { token } : {}),
    }
    kept.push(recorded)
    return { raw, recorded }
  }

  /** The token as the report shows it: decoded, without its signature. */
  const tokenOf = (request: SentRequest, extra: Extra): RoundTrip['token'] | null => {
    const sent = extra.token ?? readToken(request)
    if (!sent) return null
    const isGiven = given.includes(sent.text)
    if (sent.header === null && !isGiven) return null
    const foreign = extra.token === undefined || given.length > 0
    const hide = foreign && options.showClaims !== true
    return {
      marker: redactor.register(sent.text, 'access_token'),
      header: redactor.redactJson(sent.header),
      claims: redactor.redactJson(hide ? hidePeople(sent.claims, redactor) : sent.claims),
      ...('note' in sent && sent.note ? { note: sent.note } : {}),
      ...(isGiven ? { given: true as const } : {}),
    }
  }

  return { record, roundTrips: () => [...kept], redactValue: redactor.redactJson }
}

interface Place {
  id: number
  at: number
  revision: Revision
}

function rawRoundTrip(request: SentRequest, answer: ReceivedAnswer, place: Place): RoundTrip {
  const { method, url, path, headers, body = '' } = request
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
  const answered = 'failure' in answer ? null : answer
  return {
    id: place.id,
    at: Math.max(0, place.at),
    elapsed: answer.elapsed,
    request: { method, url: url + path, headers, body: text },
    response: answered && {
      status: answered.status,
      headers: answered.headers,
      body: answered.body,
      bytes: answered.bytes,
    },
    failure: 'failure' in answer ? { ...answer.failure } : null,
    revision: place.revision,
  }
}

/** The first JWT of an Authorization line. */
function readToken({ headers }: SentRequest): Extra['token'] | null {
  for (const [name, value] of headers) {
    if (name.toLowerCase() !== 'authorization') continue
    const text = value.split(/[\s,]+/).find((word) => word.split('.', 4).length === 3) ?? ''
    const read = decodeJwt(text)
    if (read) return { text, header: read.header, claims: read.claims }
  }
  return null
}

const people = /^(sub|email|preferred_username|(given_|family_|nick|middle_)?name|phone_number)$/

/** Who a given token names is nobody's business, though equal names must stay equal. */
function hidePeople(claims: JsonValue, redactor: Redactor): JsonValue {
  if (!isObject(claims)) return claims
  const hidden: JsonObject = {}
  for (const [name, value] of Object.entries(claims)) {
    const hide = people.test(name) && typeof value === 'string'
    hidden[name] = hide ? redactor.receive(value, name) : value
  }
  return hidden
}

function shorten(headers: HeaderList): HeaderList {
  return headers.map((field) =>
    field.some((text) => text.length > keptValue)
      ? [cut(field[0], keptValue), cut(field[1], keptValue)]
      : field,
  )
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text
  return `${text.slice(0, length)}…(${text.length - length} more)`
}
