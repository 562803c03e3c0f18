import { Answer } from './answer.ts'

const bodiless = new Set([204, 205, 304])

/**
 * The answer that stands in for an endpoint's own.
 * @throws Error when HTTP has no such response
 */
export function replacement(order: {
  status: number
  header: Record<string, string>
  body: string
}): Answer {
  const { status, header, body } = order
  try {
    const none = bodiless.has(status) && body === ''
    // a short body in place of one that may be megabytes long
    new Answer(none ? null : 'body', { status, headers: header }).toResponse()
    return new Answer(none ? null : body, { status, headers: header })
  } catch (cause) {
    throw new Error(
      `there is no such response: ${(cause as Error).message}. Allowed: a status from 200 to 599, header names and values of HTTP, no body with 204, 205 and 304`,
      { cause },
    )
  }
}
