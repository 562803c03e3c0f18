import { randomBytes } from 'node:crypto'
import { createHttpClient } from './client/http.ts'
import { isLoopback } from './client/loopback.ts'
import { mayFetch } from './client/may-fetch.ts'
import { createMint } from './client/mint.ts'
import { collectFacts } from './facts.ts'
import type { IssuerControl, TokenParts } from './model.ts'
import { decodeJwt } from './protocol/jwt.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject } from './protocol/json.ts'
import { createRecorder } from './record.ts'
import type { Redactor } from './redact.ts'
import type { RunSettings } from './run-settings.ts'
import type { RunContext } from './steps/context.ts'
import { WaitClock } from './wait-clock.ts'

/** A run context whose wire is not negotiated yet. */
export type OpenRun = RunContext & { negotiated: string }

export function openRun(settings: RunSettings, redactor: Redactor, clock: number): OpenRun {
  const { target, issuer, secondIssuer, given, declared } = settings
  const loopback = isLoopback(new URL(target.url).hostname)
  const http = createHttpClient({
    concurrency: settings.concurrency ?? (loopback ? 32 : 4),
    timeout: settings.timeout,
    userAgent: `${settings.tool.name}/${settings.tool.version}`,
    signal: settings.signal,
    proxyFromEnvironment: !loopback,
    ...(settings.ca === null ? {} : { ca: settings.ca }),
  })
  const resource =
    typeof declared.target?.resource === 'string' ? declared.target.resource : target.url
  const required = isObject(declared.target?.scopes)
    ? (declared.target.scopes['required'] as string[])
    : []
  const guarded = declared.tool?.['guarded']
  const guardedScopes = isObject(guarded) ? ((guarded as { scopes?: string[] }).scopes ?? []) : []
  const givenParts = given.a === null ? null : decodeJwt(given.a)
  const goodParts: TokenParts | null =
    issuer?.parts({ kind: 'access-token', user: 'a', audience: resource, scopes: required }) ??
    (givenParts as TokenParts | null)
  const facts = collectFacts({
    url: target.url,
    declared,
    issuer,
    secondIssuer,
    listenerUrl: null,
    good: goodParts,
    runId: randomBytes(6).toString('hex'),
  })
  if (issuer) redactor.register(issuer.clientSecret, 'client_secret')
  const recorder = createRecorder({
    redactor,
    started: clock,
    given: given.a !== null || given.b !== null,
  })
  const waits = new WaitClock()
  const rawRoundTrips: RunContext['rawRoundTrips'] = new Map()
  const roundTrips: RunContext['roundTrips'] = new Map()
  const run: OpenRun = {
    targetUrl: target.url,
    revision: '2025-11-25',
    wire: 'stateful',
    base: { method: 'initialize' },
    negotiated: '',
    facts,
    http,
    mint: createMint({
      issuer,
      secondIssuer,
      given,
      audience: resource,
      baseScopes: required,
      allScopes: [...new Set([...required, ...guardedScopes])],
      clientId: issuer?.clientId ?? 'mcp-auth-conformance',
      foreignKeys: settings.foreignKeys,
      publicKeys: () => Promise.resolve(issuer ? [issuer.publicJwk()] : []),
      register: (secret) => redactor.register(secret, 'access_token'),
    }),
    issuer,
    secondIssuer,
    openListener: settings.openListener,
    restartTarget: target.restart,
    exchange: async (request, note) =>
      run.record(request, await waits.work(() => http.exchange(request)), note),
    record: (request, answer, note) => {
      const { raw, recorded } = recorder.record(request, answer, {
        revision: run.revision,
        ...(note ? { token: note } : {}),
      })
      rawRoundTrips.set(raw.id, raw)
      roundTrips.set(recorded.id, recorded)
      return { raw, recorded }
    },
    rawRoundTrips,
    roundTrips,
    recordedFacts: () => redactor.redactJson(run.facts) as JsonObject,
    register: (secret, label) => redactor.register(secret, label),
    redact: (value) => redactor.redactJson(value),
    mayFetch: (url) =>
      mayFetch(url, {
        targetOrigin: new URL(target.url).origin,
        issuers: issuersNamed(issuer, secondIssuer, rawRoundTrips),
        allowHosts: settings.allowHosts,
      }),
    extraHeaders: settings.extraHeaders,
    timeout: settings.timeout,
    maxWait: settings.maxWait,
    clock: waits,
    signal: settings.signal,
    now: Math.floor(Date.now() / 1000),
  }
  return run
}

/** Issuers that may be asked: those that the tester holds, and those that the target's own metadata lists. */
function issuersNamed(
  issuer: IssuerControl | null,
  second: IssuerControl | null,
  seen: RunContext['rawRoundTrips'],
): string[] {
  const listed = [...seen.values()].flatMap(({ request, response }) => {
    if (!request.url.includes('oauth-protected-resource') && response?.status !== 200) return []
    return (
      /"authorization_servers"\s*:\s*\[([^\]]*)\]/
        .exec(response?.body ?? '')?.[1]
        ?.match(/https?:\/\/[^"\s]+/g) ?? []
    )
  })
  return [...(issuer ? [issuer.url] : []), ...(second ? [second.url] : []), ...listed]
}
