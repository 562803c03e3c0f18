import { Answer } from './answer.ts'
import { createIssuer } from './issuer.ts'
import type { IssuerOptions, MockIssuer } from './issuer.ts'
import { serve, withName } from './serve.ts'
import type { ServingOptions } from './serve.ts'
import { certify } from './shared-authority.ts'

/** How an issuer is served: everything but its identifier, which follows from where it listens. */
export interface ServeOptions
  extends Omit<IssuerOptions, 'url'>, Omit<ServingOptions, 'certificate'> {
  /** A path of the issuer identifier, as in `/tenant`. */
  path?: string
  /** Serves https with a certificate of the authority of this process. */
  https?: boolean
  /** The URL that the issuer calls its own, where it is reached by another way than it listens. */
  as?: string
  /** The host that the issuer calls its own, at the port on which it listens. */
  name?: string
}

/** A mock issuer on a port. `close` ends the listening as well. */
export type ServedIssuer = MockIssuer & {
  readonly port: number
  /** Where it is reached, whatever it calls itself. */
  readonly origin: string
  /** PEM file of the authority, for `NODE_EXTRA_CA_CERTS` and `SSL_CERT_FILE`; null for plain http. */
  readonly certificateFile: string | null
}

/**
 * Serves a mock issuer on a free loopback port; its identifier is the address it listens on, unless
 * it is told to be another.
 * @throws Error for a host that is no loopback address, a taken port, or a path that is none
 */
export async function serveIssuer(options: ServeOptions = {}): Promise<ServedIssuer> {
  const { port, host, path: under = '', https = false, as, name, ...rest } = options
  if (under !== '' && !under.startsWith('/')) {
    throw new Error(`the path of an issuer starts with a slash, found "${under}"`)
  }
  const names = [...hostOf(as), ...(name === undefined ? [] : [name])]
  const own = https ? await certify(['127.0.0.1', '::1', 'localhost', ...names]) : null
  let issuer: MockIssuer | null = null
  const serving = await serve(
    async (request) => issuer?.answer(request) ?? new Answer(null, { status: 503 }),
    {
      ...(port === undefined ? {} : { port }),
      ...(host === undefined ? {} : { host }),
      ...(own === null ? {} : { certificate: own.certificate }),
    },
  )
  const origin = name === undefined ? serving.origin : withName(serving.origin, name)
  try {
    issuer = createIssuer({ ...rest, url: (as ?? origin) + under })
  } catch (error) {
    await serving.close()
    throw error
  }
  const endStalled = issuer.close.bind(issuer)
  const close = async (): Promise<void> => {
    await endStalled()
    await serving.close()
  }
  return Object.assign(issuer, {
    port: serving.port,
    origin,
    certificateFile: own?.file ?? null,
    close,
  })
}

function hostOf(url: string | undefined): string[] {
  return url !== undefined && URL.canParse(url) ? [new URL(url).hostname] : []
}
