import { readFileSync } from 'node:fs'
import { Agent, fetch as undiciFetch } from 'undici'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'

/** `fetch` that trusts the authority of a mock, as NODE_EXTRA_CA_CERTS makes a process do. */
export function trustingFetch({ certificateFile }: ServedIssuer): typeof fetch {
  const ca = readFileSync(certificateFile ?? '', 'utf8')
  const dispatcher = new Agent({ connect: { ca } })
  return ((input: string, init: object) =>
    undiciFetch(input, { ...init, dispatcher })) as unknown as typeof fetch
}
