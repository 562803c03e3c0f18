import { loadKey } from '../fixtures/keys/index.ts'
import { Ledger } from './ledger.ts'
import type { LedgerEntry } from './ledger.ts'
import { metadataDocument, routes } from './metadata.ts'
import { serve } from './serve.ts'

type Json = string | number | boolean | null | Json[] | { [member: string]: Json }

/** A bait: whatever a server is lured into fetching arrives here and is written down. */
export interface Listener {
  readonly url: string
  requests(since?: number): LedgerEntry[]
  arrange(arrangement: { serve: string }): Promise<{ undo: () => Promise<void> }>
  close(): Promise<void>
}

type Answer = (request: Request, origin: string) => Response

const json = (body: Json): Response =>
  new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } })

/** The foreign keys under their own kid, under those of the mock issuer, and under none. */
function foreignSet(): Json[] {
  const rsa = loadKey('foreign').publicJwk
  const ec = loadKey('foreign-ec').publicJwk
  return [
    { ...rsa, use: 'sig', alg: 'RS256' },
    { ...rsa, kid: loadKey('local').kid, use: 'sig', alg: 'RS256' },
    { ...ec, kid: loadKey('ec').kid, use: 'sig', alg: 'ES256' },
  ]
}

const answers: Record<string, Answer> = {
  'foreign-jwks': () => json({ keys: foreignSet() }),
  'foreign-certificate': () => {
    const lines = (loadKey('foreign').certificate ?? '').replaceAll(/(.{64})/g, '$1\n')
    return new Response(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, {
      headers: { 'content-type': 'application/x-pem-file' },
    })
  },
  issuer: (request, origin) => {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/.well-known/')) return json(metadataDocument(origin))
    if (origin + pathname !== routes(origin).jwks) return new Response(null, { status: 404 })
    const { publicJwk, kid } = loadKey('listener')
    return json({ keys: [{ ...publicJwk, kid, use: 'sig', alg: 'RS256' }] })
  },
}

/** Serves a bait on a free loopback port. Nothing is served at any path until it is arranged. */
export async function serveListener(): Promise<Listener> {
  const ledger = new Ledger()
  const arranged: string[] = []
  let origin = ''
  const serving = await serve((request) => {
    const entry = ledger.open(request, new URL(request.url).pathname)
    const answer = answers[arranged.at(-1) ?? '']
    const response = answer ? answer(request, origin) : new Response(null, { status: 404 })
    entry.status = response.status
    return Promise.resolve(response)
  })
  origin = serving.origin
  return {
    url: origin,
    requests: (since) => ledger.since(since),
    arrange: ({ serve: name }) => {
      if (!(name in answers))
        throw new Error(
          `a listener cannot serve "${name}". It can: ${Object.keys(answers).join(', ')}`,
        )
      arranged.push(name)
      const undo = (): Promise<void> => {
        arranged.splice(arranged.lastIndexOf(name), 1)
        return Promise.resolve()
      }
      return Promise.resolve({ undo })
    },
    close: () => serving.close(),
  }
}
