/** Where the requests of an intercepted process go, as its environment says. */
export interface InterceptRoutes {
  /** The mock that plays a host; null for a host that nobody plays. */
  mockOf(host: string): URL | null
  /** This machine, the mocks themselves, and hosts that were let through. */
  mayReach(host: string): boolean
}

/** Host names of the vendors that the mocks play; a star stands for one label or more. */
const vendorHosts = [
  '*.auth0.com',
  'api.clerk.com',
  'clerk.*',
  '*.accounts.dev',
  '*.scalekit.dev',
  '*.scalekit.com',
  '*.scalekit.cloud',
]

/**
 * Reads `MCP_AUTH_MOCK_URL`, the mock that plays every vendor's host; `MCP_AUTH_MOCK_HOSTS`, further
 * hosts with commas between, as `HOST` for the same mock and as `HOST=URL` for another one; and
 * `MCP_AUTH_ALLOW_HOSTS`, outside hosts that may be reached.
 * @throws Error that says what was found and what is allowed
 */
export function readInterceptRoutes(
  environment: Record<string, string | undefined>,
): InterceptRoutes {
  const url = environment['MCP_AUTH_MOCK_URL'] ?? ''
  const named = listOf(environment['MCP_AUTH_MOCK_HOSTS'])
  const missing = named.some((entry) => !entry.includes('=')) || named.length === 0
  const main = url === '' && !missing ? null : mockAt(url, 'MCP_AUTH_MOCK_URL')
  const rows = named.map((entry) => {
    const [host = '', address] = split(entry)
    const mock = address === null ? main : mockAt(address, `MCP_AUTH_MOCK_HOSTS, host "${host}"`)
    return { fits: matcher(host), mock }
  })
  if (main) rows.push(...vendorHosts.map((host) => ({ fits: matcher(host), mock: main })))
  const mockHosts = rows.flatMap(({ mock }) => (mock ? [plain(mock.hostname)] : []))
  const allowed = [...listOf(environment['MCP_AUTH_ALLOW_HOSTS']), ...mockHosts].map(matcher)
  return {
    mockOf: (host) => rows.find(({ fits }) => fits(plain(host)))?.mock ?? null,
    mayReach: (host) => isLoopback(plain(host)) || allowed.some((fits) => fits(plain(host))),
  }
}

function listOf(text = ''): string[] {
  return text.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim()]))
}

function split(entry: string): [host: string, address: string | null] {
  const at = entry.indexOf('=')
  return at === -1 ? [entry, null] : [entry.slice(0, at), entry.slice(at + 1)]
}

function mockAt(address: string, name: string): URL {
  if (/^https?:/.test(address) && URL.canParse(address)) return new URL(address)
  throw new Error(
    `${name} is ${address === '' ? 'not set' : `"${address}"`}. Allowed: the address of a running mock, as in http://127.0.0.1:4000; start one with: mcp-auth-conformance issuer local`,
  )
}

function matcher(pattern: string): (host: string) => boolean {
  const escaped = plain(pattern).replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
  const whole = new RegExp(`^${escaped.replaceAll('*', '.+')}$`)
  return (host) => whole.test(host)
}

/** Lower case, without the brackets of an IPv6 address and without the root's dot. */
function plain(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}

function isLoopback(host: string): boolean {
  return (
    /^(.+\.)?localhost$/.test(host) ||
    /^(::ffff:)?127(\.\d{1,3}){3}$/.test(host) ||
    ['::1', '::', '0.0.0.0'].includes(host)
  )
}
