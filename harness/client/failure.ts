/** Why there is no answer. */
export type FailureCode = 'refused' | 'reset' | 'timeout' | 'tls' | 'dns' | 'protocol'

export interface Failure {
  code: FailureCode
  message: string
}

/** The deadline of an exchange has passed. */
export class DeadlineExceeded extends Error {
  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds} ms`)
    this.name = 'DeadlineExceeded'
  }
}

const codes: [RegExp, FailureCode][] = [
  [/^(ENOTFOUND|EAI_)/, 'dns'],
  [/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EHOSTDOWN)/, 'refused'],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET|ECONNABORTED|UND_ERR_ABORTED)/, 'reset'],
  [/^(ETIMEDOUT|UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT)/, 'timeout'],
  [/^(EPROTO|ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_OSSL)/, 'tls'],
]

/** Sorts an error of a socket, of TLS or of an HTTP parser. */
export function failureOf(error: unknown): Failure {
  if (error instanceof DeadlineExceeded) return { code: 'timeout', message: error.message }
  const chain = chainOf(error)
  for (const each of chain) {
    const found = codes.find(([pattern]) => pattern.test(codeOf(each)))
    if (found) return { code: found[1], message: messageOf(each) }
  }
  return { code: 'protocol', message: messageOf(chain[0]) }
}

/** The error, its causes, and the parts of an aggregate (one a tried address). */
function chainOf(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [error]
  const parts = error instanceof AggregateError ? error.errors : []
  return [error, ...parts, ...(error.cause === undefined ? [] : chainOf(error.cause))]
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = codeOf(error)
  return error.message === '' ? code || error.name : error.message
}
