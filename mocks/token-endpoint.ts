import { timingSafeEqual } from 'node:crypto'

export interface TokenContext {
  clientId: string
  clientSecret: string
  issue(audience: string, scopes: string[]): Promise<string>
}

/** RFC 6749 section 4.4 with RFC 8707: a token for one named resource, for the client itself. */
export async function answerToken(request: Request, context: TokenContext): Promise<Response> {
  if (request.method !== 'POST')
    return refuse('invalid_request', 405, 'the token endpoint takes POST', { allow: 'POST' })
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers.get('content-type') ?? '')) {
    return refuse('invalid_request', 400, 'the body must be application/x-www-form-urlencoded')
  }
  const form = new URLSearchParams(await request.text())
  if (!isClient(request, form, context)) {
    return refuse('invalid_client', 401, 'client authentication failed', {
      'www-authenticate': 'Basic realm="token"',
    })
  }
  if (form.get('grant_type') !== 'client_credentials')
    return refuse('unsupported_grant_type', 400, 'only client_credentials is supported')
  const resource = form.get('resource')
  if (resource === null || !URL.canParse(resource) || resource.includes('#')) {
    return refuse('invalid_target', 400, 'resource must be an absolute URL without a fragment')
  }
  const scope = form.get('scope') ?? ''
  const token = await context.issue(
    resource,
    scope.split(' ').filter((each) => each !== ''),
  )
  return reply(
    {
      access_token: token,
      token_type: 'Bearer',
      expires_in: 3600,
      ...(scope === '' ? {} : { scope }),
    },
    200,
  )
}

function isClient(
  request: Request,
  form: URLSearchParams,
  { clientId, clientSecret }: TokenContext,
): boolean {
  const authorization = request.headers.get('authorization')
  if (authorization === null)
    return (
      equal(form.get('client_id') ?? '', clientId) &&
      equal(form.get('client_secret') ?? '', clientSecret)
    )
  const match = /^basic ([A-Za-z0-9+/=]+)$/i.exec(authorization)
  const [id = '', secret = ''] = Buffer.from(match?.[1] ?? '', 'base64')
    .toString('utf8')
    .split(':')
    .map(decodeFormPart)
  return equal(id, clientId) && equal(secret, clientSecret)
}

function decodeFormPart(text: string): string {
  return new URLSearchParams(`x=${text}`).get('x') ?? ''
}

function equal(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}

function refuse(
  error: string,
  status: number,
  description: string,
  header: Record<string, string> = {},
): Response {
  return reply({ error, error_description: description }, status, header)
}

function reply(body: object, status: number, header: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...header },
  })
}
