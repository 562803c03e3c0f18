import { randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createHttpClient } from './client/http.ts'
import { createMint } from './client/mint.ts'
import { isLoopback } from './client/loopback.ts'
import { mayFetch } from './client/may-fetch.ts'
import { conclude, coverageOf } from './conclude.ts'
import { Controls } from './controls.ts'
import { collectFacts } from './facts.ts'
import type {
  Check,
  Facts,
  IssuerControl,
  Level,
  Means,
  Revision,
  Role,
  RunResult,
  Scenarios,
  TokenParts,
  Verdict,
} from './model.ts'
import { negotiate } from './negotiate.ts'
import type { Negotiated } from './negotiate.ts'
import { plan } from './plan.ts'
import { blankVerdict } from './judge.ts'
import { decodeJwt } from './protocol/jwt.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject } from './protocol/json.ts'
import { createRecorder } from './record.ts'
import { createRedactor } from './redact.ts'
import type { Redactor } from './redact.ts'
import { collect, settleWire } from './run.ts'
import type { Progress } from './run.ts'
import { summarise } from './summary.ts'
import { WaitClock } from './wait-clock.ts'
import type { ListenerControl, RunContext } from './steps/context.ts'
import type { StartedTarget } from './target/target.ts'

/** A key of the tester's own, with the public half as the issuer would publish it. */
export interface TesterKey {
  privateKey: KeyObject
  publicJwk: JsonObject
  /** Base64 of the DER certificate. */
  certificate?: string
}

/** Everything a run needs, with the powers of the tester put in by the wiring. */
export interface RunSettings {
  tool: { name: string; version: string }
  role: Role
  target: StartedTarget
  scenarios: Scenarios
  /** The checks that `--only` and `--skip` leave. */
  checks: Check[]
  declared: Facts
  issuer: IssuerControl | null
  secondIssuer: IssuerControl | null
  openListener: () => Promise<ListenerControl>
  foreignKeys: { rsa: TesterKey; ec: TesterKey; listener: TesterKey }
  /** Tokens that the tester was given. */
  given: { a: string | null; b: string | null }
  revision: Revision | null
  strict: boolean
  requireAll: boolean
  allowInconclusive: boolean
  allowWrites: boolean
  allowHosts: string[]
  extraHeaders: [string, string][]
  ca: string | null
  concurrency: number | null
  /** Milliseconds for one answer, and for all declared waiting of one poll. */
  timeout: number
  maxWait: number
  /** What was typed, for the report. */
  command: string
  progress: Progress
  signal: AbortSignal
}

/** Runs the checks against the target and judges them. Never throws for what a target does. */
export async function conduct(settings: RunSettings): Promise<RunResult> {
  const started = new Date()
  const clock = performance.now()
  const redactor = createRedactor()
  const run = openRun(settings, redactor, clock)
  const held = meansHeld(settings)
  const holdsToken = held.has('token')
  try {
    const opened = await negotiate(run, settings.revision, holdsToken)
    settleFacts(run, opened)
    settleWire(run)
    const declaredProtected = holdsToken || isProtectedByDeclaration(settings.declared)
    const openServer = opened.openServer && !declaredProtected
    const planned = plan(settings.scenarios, settings.checks, {
      role: settings.role,
      revision: run.revision,
      facts: run.facts,
      held,
      allowWrites: settings.allowWrites || isLoopback(new URL(settings.target.url).hostname),
      openServer,
    })
    const unreachable = whyUnreachable(opened, run, settings)
    const verdicts = [...planned.decided]
    let evidence: RunResult['evidence'] = []
    if (unreachable === null) {
      const controls = new Controls(run, holdsToken)
      const collected = await collect(planned.pending, {
        scenarios: settings.scenarios,
        run,
        controls,
        evidence: new Map(),
        sawProtection: () => sawProtection(run),
        level: (check) => levelOf(check, settings, run.revision),
        progress: settings.progress,
      })
      verdicts.push(...collected.verdicts)
      evidence = collected.evidence
    } else {
      verdicts.push(
        ...planned.pending.map((check) =>
          blankVerdict(check, levelOf(check, settings, run.revision), 'inconclusive', unreachable),
        ),
      )
    }
    return result(verdicts, evidence, { unreachable: unreachable ?? whyNotMcp(run), openServer })
  } finally {
    await run.http.close()
  }

  function result(
    verdicts: Verdict[],
    evidence: RunResult['evidence'],
    ending: { unreachable: string | null; openServer: boolean },
  ): RunResult {
    const order = new Map(settings.checks.map(({ verdictId }, index) => [verdictId, index]))
    verdicts.sort((one, other) => (order.get(one.id) ?? 0) - (order.get(other.id) ?? 0))
    const checks = settings.checks.filter(
      (check) => settings.scenarios.requirements.get(check.requirement)?.role === settings.role,
    )
    return {
      schemaVersion: 1,
      tool: settings.tool,
      target: {
        name: settings.target.name,
        url: settings.target.url,
        resource: String((run.facts['target'] as JsonObject)['resource']),
        role: settings.role,
        kind: settings.target.kind,
      },
      revision: run.revision,
      wire: run.wire,
      negotiated: run.negotiated,
      started: started.toISOString(),
      elapsed: Math.round(performance.now() - clock),
      waited: run.clock.waited,
      command: settings.command,
      means: [...held],
      strict: settings.strict,
      verdict: conclude(verdicts, {
        role: settings.role,
        revision: run.revision,
        strict: settings.strict,
        requireAll: settings.requireAll,
        allowInconclusive: settings.allowInconclusive,
        interrupted: settings.signal.aborted,
        tokenAccepted: tokenAccepted(run),
        holdsToken,
        ...ending,
      }),
      coverage: coverageOf(verdicts, checks, settings.scenarios, settings.role, run.revision),
      checks: summarise(checks, settings.scenarios, run.revision),
      verdicts,
      evidence,
      roundTrips: [...run.roundTrips.values()],
      facts: redactor.redactJson(run.facts) as JsonObject,
      targetOutput: redactOutput(settings.target.output(), redactor),
    }
  }
}

function redactOutput(output: string | null, redactor: Redactor): string | null {
  return output === null ? null : redactor.redact(output.slice(-64 * 1024))
}

/** A run context whose wire is not negotiated yet. */
type OpenRun = RunContext & { negotiated: string }

function openRun(settings: RunSettings, redactor: Redactor, clock: number): OpenRun {
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

function meansHeld(settings: RunSettings): Set<Means> {
  const held = new Set<Means>(['url'])
  if (settings.issuer)
    for (const each of ['issuer', 'token', 'second-user'] as const) held.add(each)
  if (settings.secondIssuer) held.add('second-issuer')
  if (settings.given.a !== null) held.add('token')
  if (settings.given.b !== null) held.add('second-user')
  if (settings.target.restart) held.add('restart')
  return held
}

function settleFacts(run: OpenRun, opened: Negotiated): void {
  run.negotiated = opened.sentence
  run.base = opened.base
  const tools = isObject(run.facts['tool']) ? run.facts['tool'] : {}
  if (opened.safeTool && tools['safe'] === undefined)
    run.facts = { ...run.facts, tool: { ...tools, safe: opened.safeTool } }
}

function isProtectedByDeclaration(declared: Facts): boolean {
  return declared.target?.protected === true || isObject(declared.tool?.['guarded'])
}

function levelOf(check: Check, settings: RunSettings, revision: Revision): Level {
  const levels = settings.scenarios.requirements.get(check.requirement)?.levels ?? {}
  return levels[revision] ?? Object.values(levels)[0] ?? 'MUST'
}

/** The run has met a Bearer challenge or a protected resource metadata document. */
function sawProtection(run: RunContext): boolean {
  return [...run.roundTrips.values()].some(({ response }) => {
    if (!response) return false
    const challenged = response.headers.some(
      ([name, value]) =>
        name.toLowerCase() === 'www-authenticate' && /\b(bearer|dpop)\b/i.test(value),
    )
    return (
      (response.status === 401 && challenged) ||
      (response.status === 200 && /"authorization_servers"\s*:/.test(response.body))
    )
  })
}

function sawMcp(run: RunContext): boolean {
  return [...run.roundTrips.values()].some(({ response }) =>
    /"jsonrpc"\s*:\s*"2\.0"/.test(response?.body ?? ''),
  )
}

function tokenAccepted(run: RunContext): boolean {
  return [...run.roundTrips.values()].some(
    ({ token, response }) =>
      token !== undefined &&
      response !== null &&
      response.status < 300 &&
      /"result"\s*:/.test(response.body),
  )
}

function whyUnreachable(opened: Negotiated, run: RunContext, settings: RunSettings): string | null {
  const answered = [...run.roundTrips.values()].some(({ response }) => response !== null)
  if (answered) return null
  return `${settings.target.url} could not be reached: ${opened.unreachableBecause ?? 'no answer'}.`
}

/** An answer came, but nothing of MCP and nothing of OAuth in it. */
function whyNotMcp(run: RunContext): string | null {
  if (sawProtection(run) || sawMcp(run)) return null
  const first = run.roundTrips.get(1)?.response
  return `${run.targetUrl} answers (first with status ${first?.status ?? 'none'}), but nothing of it is MCP: no JSON-RPC, no Bearer challenge, no protected resource metadata.`
}
