import { Answer } from './answer.ts'
import type { IssuerCore } from './core.ts'
import { errorAnswer } from './error-answer.ts'
import { errorPage } from './error-page.ts'
import { jsonResponse } from './json.ts'
import type { JsonObject } from './json.ts'
import { metadataDocument } from './metadata.ts'
import type { Endpoint, Exchange } from './profile.ts'
import type { MockRequest } from './read-request.ts'
import { Refusal } from './refusals.ts'
import type { Match } from './router.ts'

interface Entry {
  methods: string
  /** What is wrong is shown to a person. */
  page?: true
  answer: Answering
}

type Answering = (exchange: Exchange, core: IssuerCore, match: Match) => Answer | Promise<Answer>

const entries: Record<Endpoint, Entry> = {
  jwks: { methods: 'GET, HEAD', answer: answerKeys },
  metadata: { methods: 'GET, HEAD', answer: answerDocument },
  token: {
    methods: 'POST',
    answer: late(async () => (await import('./token-endpoint.ts')).answerToken),
  },
  introspection: {
    methods: 'POST',
    answer: late(async () => (await import('./introspection.ts')).introspect),
  },
  authorization: {
    methods: 'GET, POST',
    page: true,
    answer: late(async () => (await import('./authorize.ts')).answerAuthorization),
  },
  login: {
    methods: 'POST',
    page: true,
    answer: late(async () => (await import('./authorize.ts')).answerLogin),
  },
  consent: {
    methods: 'POST',
    page: true,
    answer: late(async () => (await import('./authorize.ts')).answerConsent),
  },
  registration: {
    methods: 'POST',
    answer: late(async () => (await import('./registration.ts')).answerRegistration),
  },
  'registration-management': {
    methods: 'GET, PUT, DELETE',
    answer: late(async () => (await import('./registration.ts')).answerRegistrationManagement),
  },
  revocation: {
    methods: 'POST',
    answer: late(async () => (await import('./revocation.ts')).answerRevocation),
  },
  userinfo: {
    methods: 'GET, POST',
    answer: late(async () => (await import('./userinfo.ts')).answerUserinfo),
  },
  'end-session': {
    methods: 'GET, POST',
    page: true,
    answer: late(async () => (await import('./end-session.ts')).answerEndSession),
  },
}

/** Of an endpoint whose code is loaded when it is asked for the first time. */
function late(load: () => Promise<Answering>): Answering {
  let loaded: Answering | undefined
  return async (...asked) => (loaded ??= await load())(...asked)
}

/** The answer of the endpoint that a request was led to; refusals in the words of the profile. */
export async function answerAt(
  exchange: Exchange,
  match: Match,
  core: IssuerCore,
): Promise<Answer> {
  const { endpoint, request } = exchange
  const entry: Entry = match.extra
    ? { methods: match.extra.methods.join(', '), answer: match.extra.answer }
    : entries[endpoint as Endpoint]
  if (request.method === 'OPTIONS') return preflight(entry.methods)
  try {
    return await entry.answer(exchange, core, match)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return entry.page ? errorPage(error, endpoint, core) : errorAnswer(error, endpoint, core)
  }
}

function answerKeys({ request }: Exchange, core: IssuerCore): Answer {
  return document(request, { keys: core.ring.publicSet() }, core)
}

function answerDocument({ request, params }: Exchange, core: IssuerCore, match: Match): Answer {
  const form = core.profile.documents[match.document]
  const body = form ? metadataDocument(form, params, core) : null
  if (!body) throw new Refusal('not-found')
  const arranged = core.overlays.of('metadata').flatMap(({ members }) => Object.entries(members))
  for (const [name, value] of arranged) {
    if (value === null) delete body[name]
    else body[name] = value
  }
  return document(request, body, core)
}

function document({ method }: MockRequest, body: JsonObject, core: IssuerCore): Answer {
  if (method !== 'GET' && method !== 'HEAD') {
    throw new Refusal('method-not-allowed', { header: { allow: 'GET, HEAD' } })
  }
  const maxAge = `max-age=${core.profile.lifetimes.documents}`
  return jsonResponse(body, 200, { 'cache-control': maxAge })
}

function preflight(methods: string): Answer {
  return new Answer(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': methods,
      'access-control-allow-headers': 'authorization, content-type, dpop, mcp-protocol-version',
      allow: `${methods}, OPTIONS`,
    },
  })
}
