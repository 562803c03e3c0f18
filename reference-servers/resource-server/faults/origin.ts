import type { IncomingMessage } from 'node:http'
import type { Fault } from './fault.ts'

/** From where a server on loopback can be reached (MCP, transports, security warning). */
export const originFaults: Record<string, Fault> = {
  'no-host-guard': {
    about: 'Any Host and any Origin is served.',
    plant: () => ({ isTrustedHost: () => true, isTrustedOrigin: () => true }),
  },
  'origin-unchecked': {
    about: 'Any Origin is served, under our own Host.',
    plant: () => ({ isTrustedOrigin: () => true }),
  },
  'origin-substring': {
    about: 'An Origin that holds localhost or an address of loopback anywhere is served.',
    plant: trusting(({ headers }) => /localhost|127\.0\.0\.1/.test(headers.origin ?? '')),
  },
  'origin-null-trusted': {
    about: 'The Origin null, which sandboxed pages of everybody have, is served.',
    plant: trusting(({ headers }) => headers.origin === 'null'),
  },
  'origin-refused-with-400': {
    about: 'A foreign Origin is a bad request.',
    plant: (rules) => ({
      isTrustedOrigin: () => true,
      frontLayers: (config) => [
        ...rules.frontLayers(config),
        (request, response, next) => {
          if (rules.isTrustedOrigin(request, config)) return next()
          response.status(400).json({ message: 'This origin may not call.' })
        },
      ],
    }),
  },
  'same-origin-trusted': {
    about: 'Any Host is served, and any Origin that is that of the Host.',
    plant: (rules) => ({
      isTrustedHost: () => true,
      ...trusting(({ headers }) => headers.origin === `http://${headers.host}`)(rules),
    }),
  },
  'listens-everywhere': {
    about: 'The server listens on all addresses of the machine, where it was told loopback.',
    plant: () => ({ listenAddress: () => '0.0.0.0' }),
  },
}

/** Such requests are served beside those that are trusted anyway. */
function trusting(isTrusted: (request: IncomingMessage) => boolean): Fault['plant'] {
  return (rules) => ({
    isTrustedOrigin: (request, config) =>
      isTrusted(request) || rules.isTrustedOrigin(request, config),
  })
}
