import { createIssuer } from './issuer.ts'
import type { IssuerOptions, MockIssuer } from './issuer.ts'
import { serve } from './serve.ts'
import type { ServingOptions } from './serve.ts'

/** How an issuer is served: everything but its identifier, which follows from where it listens. */
export interface ServeOptions extends Omit<IssuerOptions, 'url'>, ServingOptions {
  /** A path of the issuer identifier, as in `/tenant`. */
  path?: string
}

/** A mock issuer on a port. `close` ends the listening as well. */
export type ServedIssuer = MockIssuer & { readonly port: number }

/**
 * Serves a mock issuer on a free loopback port; its identifier is the address it listens on.
 * @throws Error for a host that is no loopback address, a taken port, or a path that is none
 */
export async function serveIssuer(options: ServeOptions = {}): Promise<ServedIssuer> {
  const { port, host, path = '', ...rest } = options
  if (path !== '' && !path.startsWith('/')) {
    throw new Error(`the path of an issuer starts with a slash, found "${path}"`)
  }
  let issuer: MockIssuer | null = null
  const serving = await serve(
    (request) => issuer?.handle(request) ?? Promise.resolve(new Response(null, { status: 503 })),
    { ...(port === undefined ? {} : { port }), ...(host === undefined ? {} : { host }) },
  )
  try {
    issuer = createIssuer({ ...rest, url: serving.origin + path })
  } catch (error) {
    await serving.close()
    throw error
  }
  const endStalled = issuer.close.bind(issuer)
  const close = async (): Promise<void> => {
    await endStalled()
    await serving.close()
  }
  return Object.assign(issuer, { port: serving.port, close })
}
