import { MockIssuer } from './issuer.ts'
import type { IssuerOptions } from './issuer.ts'
import { serve } from './serve.ts'

/** How an issuer is served: everything but its identifier, which follows from where it listens. */
export interface ServeOptions extends Omit<IssuerOptions, 'url'> {
  port?: number
  /** A path of the issuer identifier, as in `/tenant`. */
  path?: string
}

/** Serves a mock issuer on a free loopback port; its identifier is the address it listens on. */
export async function serveIssuer(options: ServeOptions = {}): Promise<MockIssuer> {
  const { port, path = '', ...rest } = options
  let issuer: MockIssuer | null = null
  const serving = await serve(
    (request) => issuer?.handle(request) ?? Promise.resolve(new Response(null, { status: 503 })),
    port === undefined ? {} : { port },
  )
  issuer = new MockIssuer({ ...rest, url: serving.origin + path })
  const endStalled = issuer.close.bind(issuer)
  issuer.close = async () => {
    await endStalled()
    await serving.close()
  }
  return issuer
}
