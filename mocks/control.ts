import { z } from 'zod'
import { jsonResponse } from './json.ts'
import type { JsonValue } from './json.ts'
import type { MockIssuer } from './issuer.ts'

type Undo = () => Promise<void>

/** What the control API keeps between requests: arrangements that can still be undone. */
interface Session {
  issuer: MockIssuer
  undos: Map<string, Undo>
}

interface Operation {
  about: string
  input: z.ZodType
  run(input: never, session: Session): Promise<JsonValue> | JsonValue
}

const map = z.record(z.string(), z.json())
const nothing = z.strictObject({})

function operation<T>(
  about: string,
  input: z.ZodType<T>,
  run: (input: T, session: Session) => Promise<JsonValue> | JsonValue,
): Operation {
  return { about, input, run }
}

const order = z.strictObject({
  client: z.string().optional(),
  user: z.string().nullable().optional(),
  audience: z.array(z.string()).optional(),
  scopes: z.array(z.string()).optional(),
  lifetime: z.number().optional(),
  header: map.optional(),
  claims: map.optional(),
})
const named = z.looseObject({ id: z.string() })

/** The tester's powers, one POST each: the one list that routing, checking and description are made of. */
const operations: Record<string, Operation> = {
  mint: operation(
    'Any access token in the form of the provider, signed by the current key.',
    order,
    (input, { issuer }) => ({
      token: issuer.mint(defined(input)),
    }),
  ),
  sign: operation(
    'A compact JWS over exactly these texts.',
    z.strictObject({ header: z.string(), payload: z.string(), key: z.string(), alg: z.string() }),
    async (input, { issuer }) => ({ token: await issuer.sign(input) }),
  ),
  'set-user': operation(
    'Adds a user, or changes the one of this subject.',
    z.looseObject({
      subject: z.string(),
      username: z.string(),
      password: z.string(),
      email: z.string(),
    }),
    (input, { issuer }) => {
      issuer.setUser(input)
      return {}
    },
  ),
  'set-client': operation(
    'Adds a client, or changes the one of this id.',
    named,
    (input, { issuer }) => {
      issuer.setClient(input)
      return {}
    },
  ),
  'set-resource': operation(
    'Adds a resource, or changes the one of this id.',
    named,
    (input, { issuer }) => {
      issuer.setResource(input)
      return {}
    },
  ),
  remove: operation(
    'Forgets a user, a client, a resource or an organization.',
    z.strictObject({
      kind: z.enum(['users', 'clients', 'resources', 'organizations']),
      id: z.string(),
    }),
    ({ kind, id }, { issuer }) => {
      issuer.remove(kind, id)
      return {}
    },
  ),
  'rotate-key': operation(
    'A new key signs; the old one stays published until it is retired.',
    z.strictObject({ alg: z.string().optional() }),
    (input, { issuer }) => issuer.rotateKey(defined(input)),
  ),
  'retire-key': operation(
    'Withdraws an older key.',
    z.strictObject({ kid: z.string() }),
    ({ kid }, { issuer }) => {
      issuer.retireKey(kid)
      return {}
    },
  ),
  'break-key': operation(
    "Publishes other numbers under the signing key's kid.",
    nothing,
    async (_, { issuer }) => {
      await issuer.breakKey()
      return {}
    },
  ),
  revoke: operation(
    'Takes back a token.',
    z.strictObject({ token: z.string() }),
    ({ token }, { issuer }) => {
      issuer.revoke(token)
      return {}
    },
  ),
  arrange: operation(
    'Makes the issuer deviate in one way until it is undone: fail, delay, metadata, response, publish-key, remove-key, publish-jwk, revoke.',
    map,
    async (input, { issuer, undos }) => {
      const { undo } = await issuer.arrange(input)
      const id = `arrangement-${undos.size + 1}`
      undos.set(id, undo)
      return { undo: id }
    },
  ),
  undo: operation(
    'Undoes an arrangement.',
    z.strictObject({ undo: z.string() }),
    async ({ undo }, { undos }) => {
      const found = undos.get(undo)
      if (!found)
        throw new Error(
          `there is no arrangement "${undo}". There are: ${[...undos.keys()].join(', ')}`,
        )
      await found()
      return {}
    },
  ),
  'freeze-clock': operation(
    'Stops the clock, at this second or at the present one.',
    z.strictObject({ at: z.number().optional() }),
    ({ at }, { issuer }) => {
      issuer.clock.freeze(at)
      return { now: issuer.clock.now() }
    },
  ),
  'move-clock': operation(
    'Moves the clock by so many seconds.',
    z.strictObject({ by: z.number() }),
    ({ by }, { issuer }) => {
      issuer.clock.move(by)
      return { now: issuer.clock.now() }
    },
  ),
  requests: operation(
    'Requests since the n-th, without their secrets.',
    z.strictObject({ since: z.number().int().optional() }),
    ({ since }, { issuer }) => ({ requests: issuer.requests(since) as unknown as JsonValue }),
  ),
  'clear-requests': operation('Forgets the requests so far.', nothing, (_, { issuer }) => {
    issuer.clearRequests()
    return {}
  }),
}

/**
 * The tester's powers over HTTP: `POST /<power>` with a JSON body, described at `GET /openapi.json`.
 * For loopback alone; what a web page sends is refused, by its Origin and by any other content type.
 */
export function createControl(issuer: MockIssuer): (request: Request) => Promise<Response> {
  const session: Session = { issuer, undos: new Map() }
  return async (request) => {
    const { pathname, hostname } = new URL(request.url)
    if (
      !/^(127(\.\d{1,3}){3}|localhost|\[::1\])$/.test(hostname) ||
      request.headers.has('origin')
    ) {
      return refuse(403, 'the control API is for programs on this machine')
    }
    if (request.method === 'GET' && pathname === '/openapi.json') return bare(description())
    const name = pathname.slice(1)
    const power = Object.hasOwn(operations, name) ? operations[name] : undefined
    if (!power)
      return refuse(
        404,
        `there is no power "${name}". There are: ${Object.keys(operations).join(', ')}`,
      )
    if (request.method !== 'POST') return refuse(405, 'a power takes POST')
    if (!/^application\/json\b/.test(request.headers.get('content-type') ?? '')) {
      return refuse(415, 'a power takes application/json')
    }
    return use(power, await request.text(), session)
  }
}

async function use(power: Operation, text: string, session: Session): Promise<Response> {
  try {
    const read = power.input.safeParse(JSON.parse(text === '' ? '{}' : text))
    if (!read.success) return refuse(400, z.prettifyError(read.error))
    return bare(await power.run(read.data as never, session))
  } catch (error) {
    return refuse(400, error instanceof Error ? error.message : 'it could not be done')
  }
}

function refuse(status: number, message: string): Response {
  return bare({ message }, status)
}

/** Not readable by web pages. */
function bare(body: JsonValue, status = 200): Response {
  const response = jsonResponse(body, status)
  response.headers.delete('access-control-allow-origin')
  return response
}

/** OpenAPI 3.1, whose schemas are JSON Schemas. */
function description(): JsonValue {
  const paths = Object.entries(operations).map(([name, { about, input }]) => [
    `/${name}`,
    {
      post: {
        operationId: name,
        summary: about,
        requestBody: { content: { 'application/json': { schema: z.toJSONSchema(input) } } },
        responses: {
          200: { description: 'It was done.' },
          400: { description: 'Why it was not.' },
        },
      },
    },
  ])
  return {
    openapi: '3.1.0',
    info: { title: "The tester's powers over a mock issuer", version: '1' },
    paths: Object.fromEntries(paths) as JsonValue,
  }
}

/** Without members that are undefined, for types that tell them from absent ones. */
function defined<T extends object>(
  input: T,
): { [Member in keyof T]: Exclude<T[Member], undefined> } {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as {
    [Member in keyof T]: Exclude<T[Member], undefined>
  }
}
