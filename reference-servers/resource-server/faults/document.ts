import { generateKeyPairSync, sign } from 'node:crypto'
import type { Config } from '../config.ts'
import { discover } from '../discovery.ts'
import type { Fault } from './fault.ts'

type Document = Record<string, unknown>
type Members = (config: Config, document: Document) => Document

/** What stands in the metadata of the resource. A member that is undefined is left out. */
export const documentFaults: Record<string, Fault> = {
  'prm-without-resource': saying('resource is left out.', () => ({ resource: undefined })),
  'prm-resource-relative': saying('resource is a path.', ({ resource }) => ({
    resource: new URL(resource).pathname,
  })),
  'prm-resource-other-host': naming(
    'resource names another host.',
    () => 'https://staging.example/mcp',
  ),
  'resource-origin-only': naming('resource is the bare origin.', (own) => new URL(own).origin),
  'prm-resource-http': naming('resource is a plain http URL.', () => 'http://notes.example/mcp'),
  'prm-resource-with-fragment': naming('resource has a fragment.', (own) => `${own}#notes`),
  'prm-resource-with-query': naming('resource has a query.', (own) => `${own}?tenant=1`),
  'resource-slash-drift': naming('resource has a slash at the end.', (own) => `${own}/`),

  'prm-no-issuers': saying('The list of issuers is empty.', () => ({ authorization_servers: [] })),
  'prm-issuers-left-out': saying('There is no list of issuers.', () => ({
    authorization_servers: undefined,
  })),
  'prm-issuer-authorize-endpoint': listing(
    'an authorization endpoint',
    (own) => `${own}/authorize`,
  ),
  'prm-issuer-metadata-url': listing(
    'the URL of metadata',
    (own) => `${own}/.well-known/openid-configuration`,
  ),
  'prm-issuer-http': listing('a plain http URL', () => 'http://issuer.example'),
  'prm-issuer-with-query': listing('a URL with a query', (own) => `${own}?tenant=1`),
  'prm-issuer-slash': listing('the issuer with a slash more or less', (own) =>
    own.endsWith('/') ? own.slice(0, -1) : `${own}/`,
  ),
  'prm-issuer-unresolvable': listing('a URL without metadata', (own) => `${own}/nowhere`),

  'empty-scopes-array': saying('The list of scopes is empty.', () => ({ scopes_supported: [] })),
  'prm-without-scopes': saying('There is no list of scopes.', () => ({
    scopes_supported: undefined,
  })),
  'prm-scopes-joined': saying('Two scopes stand in one entry.', () => ({
    scopes_supported: ['mcp:read mcp:list'],
  })),
  'prm-offline-access': saying('offline_access is listed.', () => ({
    scopes_supported: ['mcp:read', 'offline_access'],
  })),
  'prm-all-scopes': saying('All scopes are listed.', () => ({
    scopes_supported: ['mcp:read', 'mcp:write', 'mcp:admin'],
  })),

  'prm-bearer-method-unknown': saying(
    'A way to carry tokens is listed that nobody defined.',
    () => ({
      bearer_methods_supported: ['header', 'cookie'],
    }),
  ),
  'prm-bearer-methods-empty': saying('No way to carry tokens is listed.', () => ({
    bearer_methods_supported: [],
  })),
  'prm-bearer-methods-query': saying('The query is listed as a way to carry tokens.', () => ({
    bearer_methods_supported: ['header', 'body', 'query'],
  })),
  'prm-bearer-methods-without-header': saying(
    'The header is not listed as a way to carry tokens.',
    () => ({
      bearer_methods_supported: ['body'],
    }),
  ),

  'prm-null-members': saying('A member is null.', () => ({ resource_policy_uri: null })),
  'prm-list-as-text': saying('A list is a text.', () => ({
    authorization_details_types_supported: 'notes',
  })),
  'prm-boolean-as-text': saying('A boolean is a text.', () => ({
    tls_client_certificate_bound_access_tokens: 'false',
  })),
  'prm-text-as-list': saying('A text is a list.', () => ({
    resource_documentation: ['https://docs.example/notes'],
  })),
  'prm-without-name': saying('There is no name.', () => ({ resource_name: undefined })),
  'prm-empty-name': saying('The name is empty.', () => ({ resource_name: '' })),
  'prm-jwks-uri-http': saying('The key set of the resource is at a plain http URL.', () => ({
    jwks_uri: 'http://keys.example/jwks',
  })),
  'prm-alg-none': saying('Unsigned answers are offered.', () => ({
    resource_signing_alg_values_supported: ['RS256', 'none'],
  })),
  'prm-signed-metadata-unsigned': saying(
    'The signed metadata is not signed.',
    (config, document) => ({
      signed_metadata: `${encode({ alg: 'none' })}.${encode({ iss: config.resource, ...document })}.`,
    }),
  ),
  'prm-signed-metadata-without-iss': {
    about: 'The signed metadata names no issuer.',
    plant: signing((_config, document) => document),
  },
  'prm-signed-metadata-nested': {
    about: 'The signed metadata holds signed metadata.',
    plant: signing(({ resource }, document) => ({
      ...document,
      iss: resource,
      signed_metadata: 'a.b.c',
    })),
  },
  'prm-issuer-jwks': {
    about: 'The keys of the issuer are called those of the resource.',
    plant: withKeysOfIssuer(() => ({})),
  },
  'prm-two-issuers-jwks-uri': {
    about: 'The same, and a second issuer is listed, at the origin of the server.',
    plant: withKeysOfIssuer(({ resource }, { authorization_servers: listed }) => ({
      authorization_servers: [...(listed as string[]), new URL(resource).origin],
    })),
  },
  'prm-issuer-found-late': {
    about: 'An issuer is listed whose first discovery URL serves the metadata of another one.',
    plant: (rules) => ({
      ...describing(({ resource }) => ({
        authorization_servers: [`${new URL(resource).origin}/as`],
      }))(rules),
      frontLayers: (config) => [
        ({ path }, response, next) => {
          const { origin } = new URL(config.resource)
          const [, place] = /^\/\.well-known\/([a-z-]+)\/as$/.exec(path) ?? []
          if (place === 'oauth-authorization-server') response.json({ issuer: `${origin}/other` })
          else if (place === 'openid-configuration') response.json({ issuer: `${origin}/as` })
          else next()
        },
        ...rules.frontLayers(config),
      ],
    }),
  },

  'root-metadata-other-issuer': {
    about: 'The document at the root lists another issuer.',
    plant: describing(() => ({ authorization_servers: ['https://other-issuer.example'] }), isRoot),
  },
  'root-metadata-other-server': {
    about: 'The document at the root describes another server.',
    plant: describing(
      ({ resource }) => ({ resource: `${new URL(resource).origin}/other` }),
      isRoot,
    ),
  },
}

/** In both documents. */
function saying(about: string, members: Members): Fault {
  return { about, plant: describing(members) }
}

/** In the document of the path form alone. */
function naming(about: string, resource: (own: string) => string): Fault {
  const members: Members = (config) => ({ resource: resource(config.resource) })
  return { about, plant: describing(members, (path) => !isRoot(path)) }
}

function listing(what: string, issuer: (own: string) => string): Fault {
  return saying(
    `${what} is listed as an issuer.`.replace(/^./, (first) => first.toUpperCase()),
    (config) => ({
      authorization_servers: [issuer(config.issuers[0]?.issuer ?? '')],
    }),
  )
}

function describing(members: Members, where = (_path: string): boolean => true): Fault['plant'] {
  return (rules) => ({
    describeResource: (config, request) => {
      const document = rules.describeResource(config, request)
      return where(request.path) ? { ...document, ...members(config, document) } : document
    },
  })
}

function isRoot(path: string): boolean {
  return path === '/.well-known/oauth-protected-resource'
}

/** A key of nobody's signs these claims. */
function signing(claims: Members): Fault['plant'] {
  return (rules) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    return describing((config, document) => {
      const input = `${encode({ alg: 'RS256' })}.${encode(claims(config, document))}`
      const signature = sign('sha256', Buffer.from(input), privateKey).toString('base64url')
      return { signed_metadata: `${input}.${signature}` }
    })(rules)
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** `jwks_uri` is that of the issuer's own metadata. */
function withKeysOfIssuer(members: Members): Fault['plant'] {
  return (rules) => {
    let jwksUri: unknown
    return {
      frontLayers: (config) => [
        async (request, _response, next) => {
          if (request.path.startsWith('/.well-known/')) jwksUri ??= await findKeyUrl(config)
          next()
        },
        ...rules.frontLayers(config),
      ],
      ...describing((config, document) => ({ jwks_uri: jwksUri, ...members(config, document) }))(
        rules,
      ),
    }
  }
}

/** The `jwks_uri` of the issuer's own metadata. */
async function findKeyUrl(config: Config): Promise<unknown> {
  const [trusted] = config.issuers
  const document = trusted && (await discover(trusted, config).catch(() => null))
  return document?.['jwks_uri']
}
