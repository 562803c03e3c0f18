import type { Request, RequestHandler } from 'express'
import { isRecord } from '../key-set.ts'
import type { Fault } from './fault.ts'
import { opening } from './gate.ts'
import { calledTool, metaOf, methodOf, peekBody } from './peek-body.ts'
import { inFront } from './cors.ts'

const versionHeader = 'mcp-protocol-version'
const metaKeys = ['protocolVersion', 'clientInfo', 'clientCapabilities'].map(
  (name) => `io.modelcontextprotocol/${name}`,
)
const [versionKey = '', clientKey = ''] = metaKeys

/** What a request says of its version and of itself, and what follows from it. */
export const versionFaults: Record<string, Fault> = {
  'oldest-version-unguarded': {
    about: 'A request under version 2024-11-05 needs no token.',
    plant: opening((request) => request.get(versionHeader) === '2024-11-05'),
  },
  'unknown-version-unguarded': {
    about: 'A request under an unknown version, or an empty one, needs no token.',
    plant: (rules) => {
      const served = new WeakSet<Request>()
      return {
        ...inFront((request, _response, next) => {
          const bare = request.headers.authorization === undefined
          if (bare && isUnknown(request)) {
            assumeVersion(request)
            served.add(request)
          }
          next()
        })(rules),
        ...opening((request) => served.has(request))(rules),
      }
    },
  },
  'unknown-version-ignored': {
    about: 'An unknown version is as good as none.',
    plant: inFront((request, _response, next) => {
      if (isUnknown(request)) assumeVersion(request)
      next()
    }),
  },
  'unknown-version-crashes': {
    about: 'An unknown version ends in a server error.',
    plant: (rules) => ({
      identify: async (request, verifier) => {
        const caller = await rules.identify(request, verifier)
        if (isUnknown(request)) throw new TypeError('no handler for this version')
        return caller
      },
    }),
  },
  'mirrored-headers-ignored': {
    about: 'Headers that mirror the body of a stateless request are not compared with it.',
    plant: inFront(peeked((request) => mirror(request))),
  },
  'authorized-by-mirrored-name': {
    about: 'Which scopes a call needs follows from Mcp-Name; what runs, from the body.',
    plant: (rules) => {
      const named = new WeakMap<object, string>()
      const remember = peeked((request) => {
        const name = request.get('mcp-name')
        if (calledTool(request.body) === undefined || name === undefined) return
        named.set(request.body as object, name)
        mirror(request)
      })
      return {
        ...inFront(remember)(rules),
        checkOperation: (body, caller, config) => {
          const name = isRecord(body) ? named.get(body) : undefined
          const asNamed = { method: 'tools/call', params: { name } }
          rules.checkOperation(name === undefined ? body : asNamed, caller, config)
        },
      }
    },
  },
  'meta-remembered': {
    about:
      'What a stateless request does not say of itself is taken from the one before it on its connection.',
    plant: (rules) => {
      const told = new WeakMap<object, Record<string, unknown>>()
      const complete = peeked((request) => {
        const { body, socket } = request
        const isStateless = request.get(versionHeader) === '2026-07-28'
        if (!isStateless || !isRecord(body) || body['id'] === undefined) return
        const meta = { ...told.get(socket), ...metaOf(request) }
        told.set(socket, meta)
        body['params'] = { ...(isRecord(body['params']) ? body['params'] : {}), _meta: meta }
      })
      return inFront(complete)(rules)
    },
  },
  'client-info-privileged': {
    about: 'A client that calls itself admin has every scope.',
    plant: (rules) => ({
      ...inFront(peekBody)(rules),
      identify: async (request, verifier) => {
        const caller = await rules.identify(request, verifier)
        const client = metaOf(request)[clientKey]
        if (!isRecord(client) || client['name'] !== 'admin') return caller
        const { tools } = verifier.config.system
        const scopes = tools.flatMap((tool) => tool.scopes)
        return { ...caller, scopes: [...new Set([...caller.scopes, ...scopes])] }
      },
    }),
  },
}

const known = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28']

function isUnknown(request: Request): boolean {
  const version = request.get(versionHeader)
  return version !== undefined && !known.includes(version)
}

/** What no version stands for. In both forms, for the SDKs do not read the same one. */
function assumeVersion(request: Request): void {
  const { headers, rawHeaders } = request
  headers[versionHeader] = '2025-03-26'
  const at = rawHeaders.findIndex((text) => text.toLowerCase() === versionHeader)
  rawHeaders[at + 1] = '2025-03-26'
}

/** A layer that has read the body of the request. */
function peeked(see: (request: Request) => void): RequestHandler {
  return (request, response, next) =>
    peekBody(request, response, () => {
      see(request)
      next()
    })
}

/** Makes the headers of a stateless request say what its body does. */
function mirror(request: Request): void {
  const { body } = request
  const version = metaOf(request)[versionKey]
  if (typeof version !== 'string' || !isRecord(body) || !isRecord(body['params'])) return
  const { name: asked, uri } = body['params']
  const mirrored = {
    [versionHeader]: version,
    'mcp-method': methodOf(body),
    'mcp-name': asked ?? uri,
  }
  for (const [name, value] of Object.entries(mirrored)) {
    if (typeof value === 'string') request.headers[name] = value
  }
}
