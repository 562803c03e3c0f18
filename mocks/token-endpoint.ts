import { readClientRequest, refuse, unstored } from './client-request.ts'
import type { Client } from './client-request.ts'
import { jsonResponse } from './json.ts'

export interface TokenContext {
  client: Client
  /** Seconds that an access token lives. */
  lifetime: number
  /** Signs an access token for the client itself. */
  issue(resources: string[], scopes: string[]): string
}

/** `scope-token`s of RFC 6749 section 3.3, one space between. */
const scopeSyntax = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

/** RFC 6749 section 4.4 with RFC 8707: a token for the named resources, for the client itself. */
export async function answerToken(request: Request, context: TokenContext): Promise<Response> {
  const form = await readClientRequest(request, context.client)
  if (form instanceof Response) return form
  const grant = form.get('grant_type')
  if (grant === null) return refuse('invalid_request', 'grant_type is missing')
  if (grant !== 'client_credentials') {
    return refuse('unsupported_grant_type', 'only client_credentials is supported')
  }
  const resources = form.getAll('resource')
  if (resources.length === 0) return refuse('invalid_target', 'resource is missing')
  if (!resources.every(isResource)) {
    return refuse('invalid_target', 'resource must be an absolute URI without a fragment')
  }
  const scope = form.get('scope')
  if (scope !== null && !scopeSyntax.test(scope)) {
    return refuse('invalid_scope', 'scope is not a list of scopes')
  }
  const token = context.issue(resources, scope?.split(' ') ?? [])
  const body = { access_token: token, token_type: 'Bearer', expires_in: context.lifetime }
  return jsonResponse(scope === null ? body : { ...body, scope }, 200, unstored)
}

function isResource(text: string): boolean {
  return URL.canParse(text) && !text.includes('#')
}
