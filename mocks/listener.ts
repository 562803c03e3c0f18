import { loadKey } from '../fixtures/keys/index.ts'
import type { KeyName } from '../fixtures/keys/index.ts'
import { Answer } from './answer.ts'
import { createIssuer } from './issuer.ts'
import { jsonResponse } from './json.ts'
import type { JsonObject } from './json.ts'
import { Ledger } from './ledger.ts'
import type { LedgerEntry } from './ledger.ts'
import type { MockRequest } from './read-request.ts'
import { serve, withName } from './serve.ts'

/** What a listener can serve. */
export const baits = ['foreign-jwks', 'foreign-certificate', 'issuer'] as const
export type Bait = (typeof baits)[number]

/** A bait: whatever a server is lured into fetching arrives here and is written down. */
export interface Listener {
  readonly url: string
  readonly port: number
  /** Requests since the ledger's n-th, oldest first; `endpoint` is the path. */
  requests(since?: number): LedgerEntry[]
  /** Serves a bait at every path, or for `issuer` a complete issuer; the latest one counts. */
  arrange(arrangement: { serve: string }): Promise<{ undo: () => Promise<void> }>
  close(): Promise<void>
}

export interface ListenerOptions {
  port?: number
  /** The host by which it is reached, where that is not its address. */
  name?: string
  /** The algorithm of the tokens that lure: decides on the certificate and the issuer's key. */
  algorithm?: 'RS256' | 'ES256'
}

type Handler = (request: MockRequest) => Answer | Promise<Answer>

/** Serves baits on a free loopback port. Every path is 404 until one is arranged. */
export async function serveListener(options: ListenerOptions = {}): Promise<Listener> {
  const ledger = new Ledger()
  let arranged: { answer: Handler }[] = []
  const serving = await serve(async (request) => {
    const entry = ledger.open(request, new URL(request.url).pathname)
    const bait = arranged.at(-1)
    const response = bait ? await bait.answer(request) : new Answer(null, { status: 404 })
    entry.status = response.status
    return response
  }, options)
  const { name } = options
  const url = name === undefined ? serving.origin : withName(serving.origin, name)
  const answers = answersFor(url, options.algorithm === 'ES256')
  return {
    url,
    port: serving.port,
    requests: (since) => ledger.since(since),
    arrange: async ({ serve: wanted }) => {
      if (!baits.some((each) => each === wanted)) {
        throw new Error(`a listener cannot serve "${wanted}". It can: ${baits.join(', ')}`)
      }
      const bait = { answer: answers[wanted as Bait] }
      arranged.push(bait)
      const undo = async (): Promise<void> => {
        arranged = arranged.filter((each) => each !== bait)
      }
      return { undo }
    },
    close: () => serving.close(),
  }
}

function answersFor(origin: string, elliptic: boolean): Record<Bait, Handler> {
  const issuer = createIssuer({ url: origin, key: elliptic ? 'listener-ec' : 'listener' })
  const certificate = pemCertificate(elliptic ? 'foreign-ec' : 'foreign')
  return {
    'foreign-jwks': () => jsonResponse({ keys: foreignSet() }),
    'foreign-certificate': () =>
      new Answer(certificate, { headers: { 'content-type': 'application/x-pem-file' } }),
    issuer: issuer.answer,
  }
}

/** The foreign keys under no kid, and under those of the local issuer, whose good tokens they imitate. */
function foreignSet(): JsonObject[] {
  const rsa = loadKey('foreign').publicJwk
  const ec = loadKey('foreign-ec').publicJwk
  return [
    { ...rsa, use: 'sig', alg: 'RS256' },
    { ...rsa, kid: loadKey('local').kid, use: 'sig', alg: 'RS256' },
    { ...ec, use: 'sig', alg: 'ES256' },
    { ...ec, kid: loadKey('ec').kid, use: 'sig', alg: 'ES256' },
  ]
}

function pemCertificate(name: KeyName): string {
  const lines = loadKey(name).certificate?.match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
