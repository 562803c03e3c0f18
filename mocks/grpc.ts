import type { Http2ServerResponse } from 'node:http2'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { Answer } from './answer.ts'
import { headersOf, readBytes } from './read-request.ts'
import type { Handle, Incoming } from './serve.ts'
import { readUpdateLoginUserDetails } from './update-login-user-details.ts'
import { isObject } from './json.ts'

/*
 * Scalekit's SDK speaks gRPC over HTTP/2, which a Request and a Response cannot say. The one call that
 * it needs is turned into its REST twin for the handler, and the answer is framed again.
 */
const call = '/scalekit.v1.auth.AuthService/UpdateLoginUserDetails'

/** Status codes of gRPC for what the REST twin answers with. */
const codes: Record<number, number> = { 400: 3, 401: 16, 403: 7, 404: 5, 409: 6, 429: 8, 503: 14 }

/** A call as it arrived, and whether its caller is still there. */
interface Call {
  incoming: Incoming
  scheme: string
  signal: AbortSignal
}

/** Answers a unary call with one message and trailers, or with trailers alone. */
export async function answerGrpc(
  handle: Handle,
  outgoing: Http2ServerResponse,
  { incoming, scheme, signal }: Call,
): Promise<void> {
  const body = await readBytes(incoming)
  if (incoming.url !== call) {
    outgoing.writeHead(404, { 'content-type': 'text/plain' }).end('there is no such method')
    return
  }
  if (body?.[0] === 1) return refuse(outgoing, 12, 'compressed messages are not read')
  const message = body === null ? null : unframe(body)
  const order = message === null ? null : readUpdateLoginUserDetails(message)
  if (order === null) return refuse(outgoing, 13, 'the message cannot be read', 'INTERNAL')
  const { connectionId, loginRequestId, user } = order
  const authority = String(incoming.headers[':authority'] ?? incoming.headers.host ?? 'localhost')
  const path = `/api/v1/connections/${encodeURIComponent(connectionId)}/auth-requests/${encodeURIComponent(loginRequestId)}/user`
  const headers = headersOfTwin(incoming)
  const twin = { method: 'POST', headers, body: JSON.stringify(user), signal }
  const answer = await handle(new Request(`${scheme}://${authority}${path}`, twin))
  const response = answer instanceof Answer ? answer.toResponse() : answer
  const answered: unknown = await response.json().catch(() => null)
  if (!response.ok) {
    const { message: why = 'refused' } = isObject(answered) ? answered : {}
    return refuse(outgoing, codes[response.status] ?? 13, String(why), errorCodeOf(answered))
  }
  const id = isObject(answered) ? String(answered['auth_request_id'] ?? '') : ''
  const reply = new BinaryWriter().tag(1, 2).string(id).finish()
  outgoing.writeHead(200, { 'content-type': 'application/grpc+proto', trailer: 'grpc-status' })
  outgoing.addTrailers({ 'grpc-status': '0' })
  outgoing.end(frame(reply))
}

/** The headers of the call without those of gRPC itself. */
function headersOfTwin(incoming: Incoming): Headers {
  const own = /^(grpc-.*|te|trailer|content-.*)$/
  const headers = new Headers([...headersOf(incoming)].filter(([name]) => !own.test(name)))
  headers.set('content-type', 'application/json')
  return headers
}

/** The error's own code: of its details, as the REST twin has them, or beside the message. */
function errorCodeOf(answered: unknown): string {
  if (!isObject(answered)) return ''
  const { details, error_code: beside = '' } = answered
  const detail = Array.isArray(details) ? details.find(isObject) : undefined
  return String(detail?.['error_code'] ?? beside)
}

/** Trailers alone, with the error's own code, if it has one, in the details (google.rpc.Status). */
function refuse(
  outgoing: Http2ServerResponse,
  code: number,
  message: string,
  errorCode = '',
): void {
  const info = new BinaryWriter().tag(1, 2).string(errorCode).finish()
  const any = new BinaryWriter()
    .tag(1, 2)
    .string('type.googleapis.com/scalekit.v1.errdetails.ErrorInfo')
    .tag(2, 2)
    .bytes(info)
    .finish()
  const status = new BinaryWriter()
    .tag(1, 0)
    .int32(code)
    .tag(2, 2)
    .string(message)
    .tag(3, 2)
    .bytes(any)
    .finish()
  const details = Buffer.from(status).toString('base64').replaceAll('=', '')
  outgoing.writeHead(200, {
    'content-type': 'application/grpc+proto',
    'grpc-status': String(code),
    'grpc-message': encodeURIComponent(message),
    ...(errorCode === '' ? {} : { 'grpc-status-details-bin': details }),
  })
  outgoing.end()
}

/** One length-prefixed message that is not compressed. */
function frame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

function unframe(body: Buffer): Uint8Array | null {
  if (body.length < 5 || body[0] !== 0) return null
  const length = body.readUInt32BE(1)
  return body.length === 5 + length ? body.subarray(5) : null
}
