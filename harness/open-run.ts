import { randomBytes } from 'node:crypto'
import { createHttpClient } from './client/http.ts'
import { fetchIssuerKeys } from './client/issuer-keys.ts'
import { isLoopback } from './client/loopback.ts'
import { byAnotherInterface } from './client/other-interface.ts'
import { mayFetch } from './client/may-fetch.ts'
import { createMint } from './client/mint.ts'
import { collectFacts, factState } from './facts.ts'
import type { Facts, TokenParts } from './model.ts'
import { decodeJwt } from './protocol/jwt.ts'
import { isInsideAddress } from './protocol/inside-address.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject } from './protocol/json.ts'
import { createRecorder } from './record.ts'
import type { Recorder } from './record.ts'
import type { Redactor } from './redact.ts'
import type { RunSettings } from './run-settings.ts'
import type { RunContext } from './steps/context.ts'
import { WaitClock } from './wait-clock.ts'

/** What the target and its siblings write into. */
export interface RunRecord extends Pick<
  RunContext,
  'clock' | 'rawRoundTrips' | 'roundTrips' | 'targetOrigins' | 'now'
> {
  redactor: Redactor
  recorder: Recorder
}

/**
 * @param given the tokens of the tester
 * @param started `performance.now()` at the start of the run
 * @param now seconds since the epoch, at the same moment
 */
export function openRecord(
  redactor: Redactor,
  started: number,
  given: string[],
  now: number,
): RunRecord {
  return {
    redactor,
    recorder: createRecorder({ redactor, started, given }),
    clock: new WaitClock(),
    rawRoundTrips: new Map(),
    roundTrips: new Map(),
    targetOrigins: new Set(),
    now,
  }
}

/** A run context whose wire is not negotiated yet. */
export type OpenRun = RunContext & {
  negotiated: string
  issuerKeys?: Promise<JsonObject[]>
}

export function openRun(settings: RunSettings, written: RunRecord): OpenRun {
  const { target, issuer, secondIssuer, upstream, thirdParty, given, declared } = settings
  const { redactor, recorder, clock, rawRoundTrips, roundTrips, targetOrigins, now } = written
  const loopback = isLoopback(new URL(target.url).hostname)
  const ca = [settings.ca, settings.issuerAuthority].filter((each) => each !== null).join('\n')
  const http = createHttpClient({
    concurrency: settings.concurrency ?? (loopback ? 32 : 4),
    timeout: settings.timeout,
    userAgent: `${settings.tool.name}/${settings.tool.version}`,
    signal: settings.signal,
    proxyFromEnvironment: !loopback,
    ...(ca === '' ? {} : { ca }),
  })
  const resource =
    typeof declared.target?.resource === 'string' ? declared.target.resource : target.url
  const required = isObject(declared.target?.scopes)
    ? (declared.target.scopes['required'] as string[])
    : []
  const givenParts = given.a === null ? null : decodeJwt(given.a)
  const goodParts: TokenParts | null =
    issuer?.parts({ kind: 'access-token', user: 'a', audience: resource, scopes: required }) ??
    (givenParts as TokenParts | null)
  const interfaceUrl = byAnotherInterface(target.url)
  const facts = collectFacts({
    url: target.url,
    startedAs: target.kind,
    declared,
    issuer,
    secondIssuer,
    listenerUrl: null,
    upstreamUrl: upstream?.url ?? null,
    interfaceUrl,
    thirdPartyUrl: thirdParty?.url ?? null,
    good: goodParts,
    runId: randomBytes(6).toString('hex'),
  })
  if (issuer) redactor.register(issuer.clientSecret, 'client_secret')
  thirdParty?.watchTokens((token) => redactor.register(token, 'third_party_token'))
  for (const secret of settings.secrets) redactor.register(secret, 'secret')
  // one that is to be hidden later on is hidden from the start, else evidence and facts would differ
  for (const user of Object.values(facts['user'] ?? {})) {
    if (isObject(user)) redactor.receive(String(user['subject']), 'sub')
  }
  targetOrigins.add(new URL(target.url).origin)
  const run: OpenRun = {
    targetUrl: target.url,
    targetOrigins,
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
      allScopes: [...new Set([...required, ...scopesOfRoles(declared)])],
      clientId: issuer?.clientId ?? 'mcp-auth-conformance',
      foreignKeys: settings.foreignKeys,
      publicKeys: () => publicKeysOf(run),
      register: (secret) => redactor.register(secret, 'access_token'),
    }),
    issuer,
    secondIssuer,
    upstream,
    thirdParty,
    openListener: settings.openListener,
    openBrowser: settings.openBrowser,
    restartTarget: target.restart,
    exchange: async (request, note) => run.record(request, await http.exchange(request), note),
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
    recordedFacts: redactedFacts(() => run.facts, redactor),
    register: (secret, label) => redactor.register(secret, label),
    receive: (secret, label) => redactor.receive(secret, label),
    redact: (value) => redactor.redactJson(value),
    mayFetch: (url) =>
      mayFetch(url, {
        targetOrigin: new URL(target.url).origin,
        issuers: [
          ...issuersNamed(run),
          ...[run.upstream, run.thirdParty].flatMap((each) => each?.url ?? []),
          ...(interfaceUrl === null ? [] : [interfaceUrl]),
        ],
        allowHosts: settings.allowHosts,
      }),
    extraHeaders: settings.extraHeaders,
    timeout: settings.timeout,
    maxWait: settings.maxWait,
    clock,
    signal: settings.signal,
    now,
  }
  return run
}

/** Redacted once for as long as neither the facts nor the known secrets change. */
function redactedFacts(facts: () => JsonObject, redactor: Redactor): () => JsonObject {
  let last: { of: JsonObject; searched: number; redacted: JsonObject } | null = null
  return () => {
    const of = facts()
    if (last?.of === of && last.searched === redactor.searched) return last.redacted
    const redacted = redactor.redactJson(withoutPasswords(of, redactor)) as JsonObject
    last = { of, searched: redactor.searched, redacted }
    return redacted
  }
}

/** A password may be a word that stands in many texts, so it is known by its name. */
function withoutPasswords(facts: JsonObject, redactor: Redactor): JsonObject {
  const users = isObject(facts['user']) ? facts['user'] : {}
  const shown = Object.entries(users).map(([name, user]) => {
    if (!isObject(user) || typeof user['password'] !== 'string') return [name, user]
    return [name, { ...user, password: redactor.register(user['password'], 'password') }]
  })
  return { ...facts, user: Object.fromEntries(shown) as JsonObject }
}

/** What the good token must hold so that every declared tool, resource and prompt is open to it. */
function scopesOfRoles({ tool, resource, prompt }: Facts): string[] {
  return [tool, resource, prompt].flatMap((roles) =>
    Object.values(roles ?? {}).flatMap((role) =>
      isObject(role) && Array.isArray(role['scopes']) ? role['scopes'].map(String) : [],
    ),
  )
}

/** Issuers that may be asked: those that the tester holds, names or has a token of, and those of the target's metadata. */
function issuersNamed(run: RunContext): string[] {
  const named = factState(run.facts, ['issuer', 'url'])
  const listed = [...run.rawRoundTrips.values()].flatMap(({ response }) => {
    if (response?.status !== 200) return []
    const list = /"authorization_servers"\s*:\s*\[([^\]]*)\]/.exec(response.body)?.[1] ?? ''
    return list.match(/https?:\/\/[^"\s]+/g) ?? []
  })
  return [
    ...[run.issuer?.url, run.secondIssuer?.url].filter((url) => url !== undefined),
    ...(named.kind === 'value' ? [String(named.value)] : []),
    ...listed.filter((url) => isLoopback(hostOf(run.targetUrl)) || !isInternal(hostOf(url))),
  ]
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : ''
}

/** A server elsewhere has no business to send us to addresses inside our own network. */
function isInternal(host: string): boolean {
  return isLoopback(host) || isInsideAddress(host)
}

/** Of the mock issuer, or of the issuer that the given token names. Asked for once. */
function publicKeysOf(run: OpenRun): Promise<JsonObject[]> {
  if (run.issuer) return Promise.resolve([run.issuer.publicJwk() as JsonObject])
  const named = factState(run.facts, ['issuer', 'url'])
  if (named.kind !== 'value') return Promise.resolve([])
  run.issuerKeys ??= fetchIssuerKeys(String(named.value), run.http, run.mayFetch)
  return run.issuerKeys
}
