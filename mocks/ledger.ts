/** A request that reached a mock, without its secrets. */
export interface LedgerEntry {
  endpoint: string
  method: string
  path: string
  query: Record<string, string>
  header: Record<string, string>
  status: number
  at: number
}

const secretHeaders = new Set(['authorization', 'cookie', 'proxy-authorization', 'dpop'])
const secretParameters = new Set([
  'code',
  'access_token',
  'client_secret',
  'code_verifier',
  'refresh_token',
  'token',
  'assertion',
  'client_assertion',
])

/** What was asked of a mock, oldest first. */
export class Ledger {
  private readonly entries: LedgerEntry[] = []

  /** Writes a request down when it arrives; the answer's status is filled in later. */
  open(request: Request, endpoint: string): LedgerEntry {
    const url = new URL(request.url)
    const entry: LedgerEntry = {
      endpoint,
      method: request.method,
      path: url.pathname,
      query: withoutSecrets(url.searchParams, secretParameters),
      header: withoutSecrets(request.headers, secretHeaders),
      status: 0,
      at: Date.now(),
    }
    this.entries.push(entry)
    return entry
  }

  since(count = 0): LedgerEntry[] {
    return this.entries.slice(count)
  }
}

function withoutSecrets(
  entries: Iterable<[string, string]>,
  secret: Set<string>,
): Record<string, string> {
  return Object.fromEntries(
    [...entries].map(([name, value]) => [
      name,
      secret.has(name.toLowerCase()) ? '‹removed›' : value,
    ]),
  )
}
