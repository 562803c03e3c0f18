import type { RequestHandler, Response } from 'express'
import type { Config, Environment } from '../resource-server/config.ts'
import { describeResource } from '../resource-server/metadata.ts'
import { toPrincipal, type Claims } from '../resource-server/principal.ts'
import { conformantRules, type Rules } from '../resource-server/rules.ts'
import { createLogger, logRequests } from './log.ts'
import { offersDevTokens, type ClerkSettings } from './settings.ts'

export interface ClerkRules extends Rules {
  offersDevTokens(env: Environment): boolean
  /** Served to everybody, in front of the routes that are there anyway. */
  publicRoutes(settings: ClerkSettings): RequestHandler[]
  /** How clients are registered here; null where that is the business of the issuer alone. */
  registration(settings: ClerkSettings): Registration | null
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
  registration: () => null,
}

/** RFC 7591. */
export interface Registration {
  /** `secret` null leaves the member null. */
  credentials(method: string): { client_id: string; client_secret?: string | null }
  /** The registered metadata; throws a `RegistrationError`. */
  accept(asked: unknown): Record<string, unknown>
  answer(response: Response, client: Record<string, unknown>): void
  refuse(response: Response, error: unknown): void
}

/** Our own settings are part of the configuration. */
export function settingsOf(config: Config): ClerkSettings {
  return config as Config & ClerkSettings
}

/** Clerk writes `scope` as text; its SDKs take a list in `scp` for the same. */
function joined({ scp }: Claims): string | undefined {
  const isList = Array.isArray(scp) && scp.every((each) => typeof each === 'string')
  return isList ? scp.join(' ') : undefined
}
