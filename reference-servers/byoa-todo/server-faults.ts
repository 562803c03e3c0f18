import type { RequestHandler } from 'express'
import { fetchJson } from '../resource-server/fetch-json.ts'
import { guest, type Fault } from '../resource-server/faults/fault.ts'
import { invalid } from '../resource-server/refusal.ts'
import type { TodoRules } from './rules.ts'
import type { TodoSettings } from './settings.ts'
import { callTodoApi, todosPath, type TodoApi } from './todo-client.ts'

/** What this MCP server alone can be wrong in. */
export const serverFaults: Record<string, Fault<TodoRules>> = {
  'todo-default-user': {
    about: 'A token without sub acts as user 1.',
    plant: (rules) => ({
      checkSubject: ({ sub }) => rules.checkSubject({ sub: sub || '1' }),
      toPrincipal: (claims, token, config) =>
        rules.toPrincipal({ ...claims, sub: claims['sub'] || '1' }, token, config),
    }),
  },
  'issuer-not-advertised': {
    about: 'Only tokens of the bare environment pass, whatever issuer is set and advertised.',
    plant: () => ({
      findIssuer: ({ iss }, config) => {
        const { environmentUrl } = config as unknown as TodoSettings
        const known = config.issuers[0]?.issuer
        if (iss !== environmentUrl || known === undefined) throw invalid('another issuer')
        return known
      },
    }),
  },
  'upstream-key-accepted': {
    about: 'What is no JWT passes, if the REST API takes it for a key.',
    plant: (rules) => ({
      verifyToken: async (text, verifier) => {
        const { api } = verifier.config as unknown as TodoSettings
        const isKey = !text.includes('.') && (await isKeyOf({ ...api, apiKey: text }))
        return isKey ? guest(verifier) : rules.verifyToken(text, verifier)
      },
    }),
  },
  'forwards-token-beside': {
    about: "The client's token goes to the API in a header of its own, beside the server's own.",
    plant: (rules) => ({
      userHeaders: (caller) => ({
        ...rules.userHeaders(caller),
        'X-Forwarded-Authorization': `Bearer ${caller.token}`,
      }),
    }),
  },
  'foreign-as-metadata': {
    about: "The provider's own metadata are served under the name of this server.",
    notYetJudged: ['asmeta.issuer-exact-match'],
    plant: (rules) => ({
      publicRoutes: (settings) => [
        ...rules.publicRoutes(settings),
        relayMetadata(settings as TodoSettings),
      ],
    }),
  },
  'todo-raw-path': {
    about: 'An id of a todo is put into the URL of the REST API as it is.',
    plant: () => ({ todoPath: (id) => `${todosPath}/${id}` }),
  },
  'todo-leak-upstream-url': {
    about: 'A tool that fails tells the internal URL that failed.',
    plant: () => ({
      describeFailure: ({ status, statusText, url }) =>
        status === null
          ? `All connection attempts to '${url}' failed`
          : `Client error '${status} ${statusText}' for url '${url}'
For more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/${status}`,
    }),
  },
}

function isKeyOf(api: TodoApi): Promise<boolean> {
  return callTodoApi(api, { 'x-user-id': '1' }, { method: 'GET', path: todosPath }).then(
    () => true,
    () => false,
  )
}

function relayMetadata({
  environmentUrl,
  resourceIssuer,
  keyTimeoutMs,
}: TodoSettings): RequestHandler {
  const path = '/.well-known/oauth-authorization-server'
  const source = environmentUrl + path + resourceIssuer.slice(environmentUrl.length)
  return async (request, response, next) => {
    if (request.path !== path || request.method !== 'GET') return next()
    const document = await fetchJson(source, keyTimeoutMs).catch((error: unknown) => error as Error)
    if (!(document instanceof Error)) return void response.json(document)
    const error_description = `Failed to fetch Scalekit metadata: ${document.message}`
    response.status(500).json({ error: 'server_error', error_description })
  }
}
