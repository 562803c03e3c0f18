import type { Request } from 'express'
import type { Config } from './config.ts'
import { proofAlgorithms } from './dpop.ts'

const wellKnown = '/.well-known/oauth-protected-resource'

/** RFC 9728 section 3.1: the well-known part stands between the host and path and query. */
export function metadataUrl(config: Config): string {
  const { origin, pathname, search } = new URL(config.resource)
  return origin + wellKnown + (pathname === '/' ? '' : pathname) + search
}

/** The path-inserted location, and the root one, to which clients fall back. */
export function metadataPaths(config: Config): string[] {
  return [...new Set([new URL(metadataUrl(config)).pathname, wellKnown])]
}

export function advertisedScopes(config: Config): string[] {
  return config.advertisedScopes ?? config.requiredScopes
}

/** RFC 9728 section 2. Built from configuration alone, never from what a request says about hosts. */
export function describeResource(config: Config, _request: Request): Record<string, unknown> {
  if (config.metadata !== undefined)
    return { resource_name: config.system.title, ...config.metadata }
  const scopes = advertisedScopes(config)
  return {
    resource: config.resource,
    authorization_servers:
      config.authorizationServers ?? config.issuers.slice(0, 1).map(({ issuer }) => issuer),
    // An empty list must be left out (section 3.2).
    ...(scopes.length > 0 ? { scopes_supported: scopes } : {}),
    bearer_methods_supported: ['header'],
    ...(config.dpop !== 'off' ? { dpop_signing_alg_values_supported: proofAlgorithms } : {}),
    resource_name: config.system.title,
  }
}
