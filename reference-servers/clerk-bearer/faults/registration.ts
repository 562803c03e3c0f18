import { randomUUID } from 'node:crypto'
import express, { type RequestHandler, type Response } from 'express'
import type { Fault } from '../../resource-server/faults/fault.ts'
import { isRecord } from '../../resource-server/key-set.ts'
import type { ClerkRules, Registration } from '../rules.ts'
import type { ClerkSettings } from '../settings.ts'

type Change = (sound: Registration, settings: ClerkSettings) => Partial<Registration>

/** What happens at a registration endpoint that should not be there. */
export const registrationFaults: Record<string, Fault<ClerkRules>> = {
  'register-discloses-secret': {
    about: 'Whoever registers is given our own client id and client secret.',
    notYetJudged: ['dcr.no-shared-credentials', 'dcr.created-response', 'consent.per-client'],
    plant: registering((_sound, { client }) => ({
      credentials: () => ({ client_id: client.id, client_secret: client.secret }),
    })),
  },
  'register-echoes': {
    about: 'Redirect URIs, grant types and methods are registered as they come.',
    notYetJudged: ['dcr.redirect-uri-validation'],
    plant: registering(() => ({
      accept: (asked) => ({ ...defaults, ...(isRecord(asked) ? asked : {}) }),
    })),
  },
  'register-wrong-errors': {
    about: 'Refusals are worded freely, a list ends in a server error, and answers may be stored.',
    notYetJudged: ['dcr.created-response'],
    plant: registering((sound) => ({
      accept: (asked) => {
        if (Array.isArray(asked)) throw new TypeError("'list' object has no attribute 'get'")
        return sound.accept(asked)
      },
      answer: (response, client) => void response.status(201).json(client),
      refuse: (response, error) => {
        if (error instanceof TypeError)
          return void response.status(500).type('text').send(error.stack)
        response.status(400).json({ error: 'Invalid JSON body', details: String(error) })
      },
    })),
  },
}

/** The endpoint with what earlier faults made of it, and this change. */
export function registering(change: Change): Fault<ClerkRules>['plant'] {
  return (rules) => {
    const registration = (settings: ClerkSettings): Registration => {
      const sound = rules.registration(settings) ?? soundRegistration
      return { ...sound, ...change(sound, settings) }
    }
    return {
      registration,
      publicRoutes: (settings) => [
        serveRegistration(registration(settings)),
        ...rules.publicRoutes(settings),
      ],
    }
  }
}

class RegistrationError extends Error {
  readonly code: 'invalid_redirect_uri' | 'invalid_client_metadata'

  constructor(code: RegistrationError['code'], message: string) {
    super(message)
    this.code = code
  }
}

const defaults = {
  token_endpoint_auth_method: 'client_secret_post',
  grant_types: ['authorization_code'],
  response_types: ['code'],
}

const kept = ['redirect_uris', ...Object.keys(defaults), 'client_name', 'scope']
const methods = ['client_secret_post', 'client_secret_basic', 'none']
const grantTypes = ['authorization_code', 'refresh_token']

/** By the book, but for being here. */
const soundRegistration: Registration = {
  credentials: (method) => ({
    client_id: randomUUID(),
    ...(method === 'none' ? {} : { client_secret: randomUUID() }),
  }),
  accept: (asked) => {
    if (!isRecord(asked)) throw new RegistrationError('invalid_client_metadata', 'Not an object.')
    const client: Record<string, unknown> = { ...defaults, ...asked }
    const uris = client['redirect_uris']
    if (!Array.isArray(uris) || uris.length === 0 || !uris.every(isRedirectUri)) {
      throw new RegistrationError('invalid_redirect_uri', 'https, or http on loopback, is needed.')
    }
    const grants = client['grant_types']
    const granted = Array.isArray(grants) && grants.every((each) => grantTypes.includes(each))
    if (!granted || !methods.includes(String(client['token_endpoint_auth_method']))) {
      throw new RegistrationError('invalid_client_metadata', 'This is not offered.')
    }
    return client
  },
  answer: (response, client) => {
    response.status(201).set('Cache-Control', 'no-store').json(client)
  },
  refuse: (response, error) => {
    const known = error instanceof RegistrationError ? error : null
    response.status(400).set('Cache-Control', 'no-store')
    response.json({
      error: known?.code ?? 'invalid_client_metadata',
      error_description: known?.message ?? 'The body is not JSON.',
    })
  },
}

function isRedirectUri(uri: unknown): boolean {
  if (typeof uri !== 'string' || !URL.canParse(uri)) return false
  const { protocol, hostname } = new URL(uri)
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback)
}

function serveRegistration(registration: Registration): RequestHandler {
  const router = express.Router()
  router.post('/register', express.text({ type: () => true }), (request, response) => {
    try {
      register(registration, JSON.parse(String(request.body)), response)
    } catch (error) {
      registration.refuse(response, error)
    }
  })
  return router
}

function register(registration: Registration, asked: unknown, response: Response): void {
  const client = registration.accept(asked)
  const members = kept.filter((name) => client[name] !== undefined)
  registration.answer(response, {
    ...registration.credentials(String(client['token_endpoint_auth_method'])),
    client_id_issued_at: Math.floor(Date.now() / 1000),
    client_secret_expires_at: 0,
    ...Object.fromEntries(members.map((name) => [name, client[name]])),
  })
}
