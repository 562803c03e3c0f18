import type { RequestHandler } from 'express'
import type { Config, Environment } from '../resource-server/config.ts'
import { describeResource } from '../resource-server/metadata.ts'
import { toPrincipal, type Claims } from '../resource-server/principal.ts'
import { conformantRules, type Rules } from '../resource-server/rules.ts'
import { createLogger, logRequests } from './log.ts'
import { offersDevTokens, type ClerkSettings } from './settings.ts'

/** What a route can be made of. */
export interface Site {
  settings: ClerkSettings
  env: Environment
}

export interface ClerkRules extends Rules {
  offersDevTokens(env: Environment): boolean
  /** Served to everybody, in front of the routes that are there anyway. */
  publicRoutes(site: Site): RequestHandler[]
}

export const clerkRules: ClerkRules = {
  ...conformantRules,
  frontLayers: (config) => [logRequests(createLogger(settingsOf(config).logLevel))],
  describeResource: (config, request) => ({
    ...describeResource(config, request),
    resource_documentation: `${settingsOf(config).baseUrl}/docs`,
  }),
  toPrincipal: (claims, token, config) =>
    toPrincipal({ ...claims, scope: claims['scope'] ?? joined(claims) }, token, config),
  offersDevTokens,
  publicRoutes: () => [],
}

/** Our own settings are part of the configuration. */
function settingsOf(config: Config): ClerkSettings {
  return config as Config & ClerkSettings
}

/** Clerk writes `scope` as text; its SDKs take a list in `scp` for the same. */
function joined({ scp }: Claims): string | undefined {
  const isList = Array.isArray(scp) && scp.every((each) => typeof each === 'string')
  return isList ? scp.join(' ') : undefined
}
