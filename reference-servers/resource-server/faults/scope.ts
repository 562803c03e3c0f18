import type { Request } from 'express'
import type { Config } from '../config.ts'
import { isRecord } from '../key-set.ts'
import { messagesOf } from '../operations.ts'
import { withImplied } from '../principal.ts'
import type { Claims, Principal } from '../principal.ts'
import { Refusal } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import { answering } from './challenge.ts'
import type { Fault } from './fault.ts'
import { methodOf } from './peek-body.ts'

/** What a token allows, and how a refusal for want of a scope looks. */
export const scopeFaults: Record<string, Fault> = {
  'skip-scopes': {
    about: 'No scope is ever asked for.',
    plant: () => ({ checkOperation: () => {} }),
  },
  'required-scopes-unchecked': {
    about: 'The scopes that every request needs are never asked for, those of a tool are.',
    plant: (rules) => ({
      checkOperation: (body, caller, config) =>
        rules.checkOperation(body, caller, { ...config, requiredScopes: [] }),
    }),
  },
  'scope-at-handshake-only': {
    about: 'Which scopes an operation needs is never asked once a token has the base scopes.',
    plant: (rules) => ({
      checkOperation: (_body, caller, config) => rules.checkOperation(undefined, caller, config),
    }),
  },
  'scope-on-tools-only': {
    about: 'Only calls of tools ask for a scope.',
    plant: (rules) => ({
      checkOperation: (body, caller, config) => {
        const calls = messagesOf(body).filter((each) => methodOf(each) === 'tools/call')
        rules.checkOperation(calls, caller, config)
      },
    }),
  },
  'hidden-in-listing-only': {
    about: 'A tool that is not listed for a caller runs all the same.',
    plant: (rules) => ({
      checkOperation: (body, caller, config) => {
        const others = messagesOf(body).filter((each) => !isCallOfHiddenTool(each, config))
        rules.checkOperation(others, caller, config)
      },
    }),
  },
  'scope-searched-as-text': {
    about: 'A scope is granted when it stands anywhere in the text of the claim.',
    plant: granting(({ scope }, known) => known.filter((each) => String(scope).includes(each))),
  },
  'scope-case-ignored': {
    about: 'Scopes are compared without regard to case.',
    plant: granting(({ scope }, known) =>
      known.filter((each) => words(scope).some((word) => word.toLowerCase() === each)),
    ),
  },
  'scope-prefix-grants': {
    about: 'A scope is granted when it begins with one that the token has.',
    plant: granting(({ scope }, known) =>
      known.filter((each) => words(scope).some((word) => each.startsWith(word))),
    ),
  },
  'scope-comma-splits': {
    about: 'A comma separates scopes as well as a blank.',
    plant: granting(({ scope }) => words(scope).flatMap((word) => word.split(','))),
  },
  'missing-scope-grants-all': {
    about: 'A token without a scope may do everything.',
    plant: granting(({ scope }, known) => (words(scope).length === 0 ? known : [])),
  },
  'scope-claims-united': {
    about: 'Groups and x_scope grant what scope does not.',
    plant: (rules) => ({
      toPrincipal: (claims, token, config) => {
        const principal = rules.toPrincipal(claims, token, config)
        const others = [...words(claims['groups']), ...words(claims['x_scope'])]
        return { ...principal, scopes: [...principal.scopes, ...others] }
      },
    }),
  },
  'unrelated-claim-crashes': {
    about: 'A claim groups or x_scope that is a list ends in a server error.',
    plant: (rules) => ({
      toPrincipal: (claims, token, config) => {
        if (Array.isArray(claims['groups']) || Array.isArray(claims['x_scope'])) {
          throw new TypeError('groups.split is not a function')
        }
        return rules.toPrincipal(claims, token, config)
      },
    }),
  },
  'scope-literal-only': {
    about: 'A scope that implies another does not stand for it.',
    plant: (rules) => ({
      toPrincipal: (claims, token, config) => ({
        ...rules.toPrincipal(claims, token, config),
        scopes: words(claims['scope']),
      }),
    }),
  },
  'scope-miss-is-401': {
    about: 'A missing scope is answered like a bad token.',
    plant: onScopeMiss((answer) => ({ ...answer, status: 401 })),
  },
  'scope-miss-is-404': {
    about: 'A missing scope is answered as if the operation were not there.',
    plant: onScopeMiss((answer) => ({ ...answer, status: 404 })),
  },
  'scope-as-tool-error': {
    about: 'A missing scope is reported by a tool error inside a 200.',
    plant: onScopeMiss((answer, request) => ({
      ...answer,
      status: 200,
      headers: {},
      body: {
        jsonrpc: '2.0',
        id: isRecord(request.body) ? (request.body['id'] ?? null) : null,
        result: { content: [{ type: 'text', text: 'Insufficient permissions.' }], isError: true },
      },
    })),
  },
  'forbidden-without-challenge': {
    about: 'The 403 for a missing scope has no challenge.',
    plant: onScopeMiss((answer) => ({ ...answer, headers: {} })),
  },
  'forbidden-names-base-scopes': {
    about: 'The 403 for a missing scope names the scopes that every request needs, and no other.',
    plant: naming((parameters, base) =>
      parameters.map(([name, value]) => [name, name === 'scope' ? base.join(' ') : value]),
    ),
  },
  'forbidden-without-metadata': {
    about: 'The 403 for a missing scope does not say where the metadata is.',
    plant: naming((parameters) => parameters.filter(([name]) => name !== 'resource_metadata')),
  },
  'forbidden-scope-misnamed': {
    about: 'The 403 for a missing scope names a scope that no check looks for.',
    plant: naming((parameters) =>
      parameters.map(([name, value]) => [
        name,
        name === 'scope' ? value.replaceAll('mcp:write', 'notes.write') : value,
      ]),
    ),
  },
  'step-up-in-circles': {
    about: 'The 403 for a missing scope names no error, and a scope that no check looks for.',
    plant: naming((parameters) =>
      parameters
        .filter(([name]) => name !== 'error')
        .map(([name, value]) => [
          name,
          name === 'scope' ? value.replaceAll('mcp:write', 'notes.write') : value,
        ]),
    ),
  },
  'scopes-one-by-one': {
    about: 'Scopes are looked for one by one, and the first that is missing is reported.',
    plant: (rules) => ({
      checkOperation: (body, caller, config) => {
        try {
          rules.checkOperation(body, caller, config)
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
          const missing = error.scopes.filter((scope) => !caller.scopes.includes(scope))
          throw new Refusal(error.kind, error.message, missing.slice(0, 1))
        }
      },
    }),
  },
}

type Naming = (
  parameters: [name: string, value: string][],
  base: string[],
) => [name: string, value: string][]

/** Scopes beside those that the claim grants. */
function granting(scopesOf: (claims: Claims, known: string[]) => string[]): Fault['plant'] {
  return (rules) => ({
    toPrincipal: (claims, token, config): Principal => {
      const principal = rules.toPrincipal(claims, token, config)
      const guarded = config.system.tools.flatMap(({ scopes }) => scopes)
      const known = [...new Set([...config.requiredScopes, ...guarded])]
      const further = withImplied(scopesOf(claims, known), config)
      return { ...principal, scopes: [...new Set([...principal.scopes, ...further])] }
    },
  })
}

function words(claim: unknown): string[] {
  const text = Array.isArray(claim) ? claim.join(' ') : claim
  return typeof text === 'string' ? text.split(' ').filter((word) => word !== '') : []
}

type Answer = ReturnType<Rules['answerRefusal']>

/** Changes the answers to messages that name an operation for which the token lacks a scope. */
function onScopeMiss(change: (answer: Answer, request: Request) => Answer): Fault['plant'] {
  return answering((answer, { kind }, request) =>
    kind === 'insufficient' && request.body !== undefined ? change(answer, request) : answer,
  )
}

function naming(change: Naming): Fault['plant'] {
  return (rules) => ({
    challengeParameters: (refusal, config) => {
      const parameters = rules.challengeParameters(refusal, config)
      const own = refusal.scopes.some((scope) => !config.requiredScopes.includes(scope))
      return own ? change(parameters, config.requiredScopes) : parameters
    },
  })
}

function isCallOfHiddenTool(message: unknown, { system }: Config): boolean {
  if (!isRecord(message) || methodOf(message) !== 'tools/call') return false
  const name = isRecord(message['params']) ? message['params']['name'] : undefined
  return system.tools.some((tool) => tool.name === name && tool.hidden === true)
}
