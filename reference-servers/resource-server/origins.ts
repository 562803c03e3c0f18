import type { IncomingMessage } from 'node:http'
import type { Config } from './config.ts'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * DNS rebinding: a web page can point a name of its own at this machine, so on loopback only our own
 * names are served.
 */
export function isTrustedHost(request: IncomingMessage, config: Config): boolean {
  if (!isLoopbackAddress(config.host)) return true
  const name = hostName(`http://${request.headers.host ?? ''}`)
  return name !== null && (loopback.has(name) || name === hostName(config.resource))
}

/** Programs send no Origin; a web page always does, and only pages that the operator named may call. */
export function isTrustedOrigin(request: IncomingMessage, config: Config): boolean {
  const { origin } = request.headers
  if (origin === undefined || config.allowedOrigins.includes(origin)) return true
  const name = hostName(origin)
  return name !== null && isLoopbackAddress(config.host) && loopback.has(name)
}

function isLoopbackAddress(host: string): boolean {
  return loopback.has(host) || host === '::1'
}

function hostName(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname : null
}
