import { randomBytes } from 'node:crypto'
import type { Environment } from '../../resource-server/config.ts'

export interface TodoAppSettings {
  /** What the MCP server proves itself with. */
  apiKey: string
  sessionSecret: string
  scalekit: ScalekitSettings
  /** Null where users cannot connect one. */
  calendar: CalendarSettings | null
}

/** A provider of calendars (OpenID Connect). */
export interface CalendarSettings {
  issuer: string
  /** Empty: the app registers itself. */
  clientId: string
  clientSecret: string
  /** The origin under which browsers reach the app. */
  appUrl: string
}

/** The Scalekit environment, and the connection that stands for this app in it. */
export interface ScalekitSettings {
  environmentUrl: string
  clientId: string
  clientSecret: string
  connectionId: string
}

/** Nothing is required: what Scalekit needs is needed at the first login. */
export function readTodoAppSettings(env: Environment): TodoAppSettings {
  const issuer = env['CALENDAR_ISSUER'] ?? ''
  const appUrl = (env['TODO_APP_BASE_URL'] || 'http://localhost:3001').replace(/\/$/, '')
  return {
    apiKey: env['TODO_APP_API_KEY'] || 'demo-api-key-12345',
    sessionSecret: env['SESSION_SECRET'] || randomBytes(32).toString('hex'),
    scalekit: {
      environmentUrl: (env['SCALEKIT_ENVIRONMENT_URL'] ?? '').replace(/\/$/, ''),
      clientId: env['SCALEKIT_CLIENT_ID'] ?? '',
      clientSecret: env['SCALEKIT_CLIENT_SECRET'] ?? '',
      connectionId: env['SCALEKIT_CONNECTION_ID'] ?? '',
    },
    calendar:
      issuer === ''
        ? null
        : {
            issuer,
            clientId: env['CALENDAR_CLIENT_ID'] ?? '',
            clientSecret: env['CALENDAR_CLIENT_SECRET'] ?? '',
            appUrl,
          },
  }
}
