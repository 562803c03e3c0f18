import { HeaderFields } from './header-fields.ts'

/**
 * What a mock answers. It is made like a `Response` of the standard and can become one; by itself it
 * is a text, without the stream that takes longer to make and to read than a token.
 */
export class Answer {
  readonly body: string | null
  readonly status: number
  readonly headers: HeaderFields

  constructor(
    body: string | null,
    { status = 200, headers }: { status?: number; headers?: Record<string, string> } = {},
  ) {
    this.body = body
    this.status = status
    this.headers = new HeaderFields(headers)
    if (body !== null && !this.headers.has('content-type')) {
      this.headers.append('content-type', 'text/plain;charset=UTF-8')
    }
  }

  /** @throws RangeError for a status, TypeError for a body under a status, that HTTP does not have */
  toResponse(): Response {
    const { body, status, headers } = this
    return new Response(body, { status, headers: [...headers] })
  }
}
