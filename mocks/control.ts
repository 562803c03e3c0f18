import { z } from 'zod'
import { ControlSession } from './control-operation.ts'
import type { Operation } from './control-operation.ts'
import { operations } from './control-operations.ts'
import type { MockIssuer } from './issuer.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { MockRequest } from './read-request.ts'

/**
 * The tester's powers over HTTP: `POST /<power>` with a JSON body, described at `GET /openapi.json`.
 * For programs on this machine alone. What a web page can send is refused: by its Origin, by any
 * content type but JSON, and by a host name that was rebound to loopback.
 */
export function createControl(issuer: MockIssuer): (request: MockRequest) => Promise<Response> {
  const session = new ControlSession(issuer)
  return async (request) => {
    const { pathname, hostname } = new URL(request.url)
    if (!/^(127(\.\d{1,3}){3}|localhost|\[::1\])$/.test(hostname) || isFromPage(request)) {
      return refuse(403, 'the control API is for programs on this machine')
    }
    if (pathname === '/openapi.json') {
      return request.method === 'GET' ? answer(description()) : refuse(405, 'this takes GET')
    }
    const name = pathname.slice(1)
    const power = Object.hasOwn(operations, name) ? operations[name] : undefined
    if (!power) {
      const all = Object.keys(operations).join(', ')
      return refuse(404, `there is no power "${name}". There are: ${all}`)
    }
    if (request.method !== 'POST') return refuse(405, 'a power takes POST')
    if (!/^application\/json *(;|$)/i.test(request.headers.get('content-type') ?? '')) {
      return refuse(415, 'a power takes application/json')
    }
    return use(power, await request.text(), session)
  }
}

/** Browsers say where a request comes from; a person who types the address comes from nowhere. */
function isFromPage({ headers }: MockRequest): boolean {
  const site = headers.get('sec-fetch-site') ?? 'none'
  return headers.has('origin') || site !== 'none'
}

async function use(power: Operation, text: string, session: ControlSession): Promise<Response> {
  try {
    const read = power.input.safeParse(JSON.parse(text === '' ? '{}' : text))
    if (!read.success) return refuse(400, z.prettifyError(read.error))
    return answer(await power.run(read.data as never, session))
  } catch (error) {
    return refuse(400, error instanceof Error ? error.message : 'it could not be done')
  }
}

function refuse(status: number, message: string): Response {
  return answer({ message }, status)
}

/** Without a header that would let web pages read it. */
function answer(body: JsonValue, status = 200): Response {
  return Response.json(body, { status, headers: { 'cache-control': 'no-store' } })
}

/** OpenAPI 3.1, whose schemas are JSON Schemas. */
function description(): JsonObject {
  const paths = Object.entries(operations).map(([name, { about, input, output }]) => [
    `/${name}`,
    {
      post: {
        operationId: name,
        summary: about,
        requestBody: { required: true, ...content(schemaOf(input)) },
        responses: {
          200: { description: 'It was done.', ...content(schemaOf(output)) },
          400: { description: 'Why it was not.', ...content(problem) },
        },
      },
    },
  ])
  return {
    openapi: '3.1.0',
    info: { title: "The tester's powers over a mock issuer", version: '1' },
    paths: Object.fromEntries(paths) as JsonObject,
  }
}

const problem = schemaOf(z.strictObject({ message: z.string() }))

function schemaOf(form: z.ZodType): JsonObject {
  const { $schema: _, ...schema } = z.toJSONSchema(form)
  return schema as JsonObject
}

function content(schema: JsonObject): JsonObject {
  return { content: { 'application/json': { schema } } }
}
