import { createHash } from 'node:crypto'
import type { Check, Probe, Revision, Scenarios } from '../harness/model.ts'
import { logsIn } from '../harness/probe-order.ts'
import { isObject } from '../harness/protocol/json.ts'
import { flatSteps } from '../harness/scenario/derive.ts'
import { bundledServers } from '../harness/target/bundled.ts'
import type { KeyMode } from '../harness/target/bundled.ts'
import { programs } from '../reference-servers/programs.ts'
import type { Judged, JudgingPool } from './matrix-pool.ts'

/** One way to run a reference server: how it learns whether a token holds, their algorithm, the revision. */
export interface Arrangement {
  server: string
  name: string
  keys: KeyMode
  algorithm: 'RS256' | 'ES256'
  revision: Revision
}

const localRsa = (
  keys: KeyMode,
  revision: Revision,
  algorithm: 'RS256' | 'ES256' = 'RS256',
): Arrangement => ({
  server: 'local-rsa',
  name: `local-rsa, ${revision}, keys by ${keys}${algorithm === 'RS256' ? '' : `, ${algorithm}`}`,
  keys,
  algorithm,
  revision,
})

/** With the one way to get keys and the one algorithm that its provider has. */
const vendored = (server: string, revision: Revision): Arrangement => ({
  server,
  name: `${server}, ${revision}`,
  keys: 'jwks',
  algorithm: 'RS256',
  revision,
})

/**
 * Both wires, and each way to get keys. In the order in which they are chosen for a fault: the wire
 * without sessions asks least.
 */
export const arrangements: Arrangement[] = [
  localRsa('jwks', '2026-07-28'),
  localRsa('jwks', '2025-11-25'),
  localRsa('discover', '2025-11-25'),
  localRsa('jwks', '2025-11-25', 'ES256'),
  localRsa('file', '2025-11-25'),
  localRsa('jwks', '2025-06-18'),
  localRsa('jwks', '2025-03-26'),
  localRsa('introspect', '2026-07-28'),
  localRsa('dpop', '2026-07-28'),
  localRsa('dpop-nonce', '2025-11-25'),
  vendored('byoa-todo', '2026-07-28'),
  vendored('byoa-todo', '2025-11-25'),
  vendored('clerk-bearer', '2026-07-28'),
  vendored('clerk-bearer', '2025-11-25'),
  vendored('scalekit-greeting', '2026-07-28'),
  vendored('scalekit-greeting', '2025-11-25'),
  vendored('auth0-cte', '2026-07-28'),
  vendored('auth0-cte', '2025-11-25'),
]

/**
 * Judges a reference server with planted faults, in a thread of the pool; none gives the conformant
 * server, which is started as a process, and so are those whose issuer has a certificate of its own.
 */
export function judgeServer(
  pool: JudgingPool,
  arrangement: Arrangement,
  faults: string[],
  selection: { skip?: string[]; only?: string[] } = {},
): Promise<Judged> {
  const { server, keys, algorithm, revision } = arrangement
  const env = { FAULT: faults.join(',') }
  const here = faults.length > 0 && bundledServers[server]?.https !== true
  return pool.judge({ server, keys, algorithm, revision, env, ...selection }, here)
}

/** What a fault must do: turn these checks red, and turn these remarks on. */
export interface Prediction {
  red: Set<string>
  remarked: Set<string>
}

/** Every planted fault with what the scenarios say of it in one revision. */
export function predictionsOf(checks: Check[], revision: Revision): Map<string, Prediction> {
  const predictions = new Map<string, Prediction>()
  const of = (fault: string): Prediction => {
    const known = predictions.get(fault) ?? { red: new Set(), remarked: new Set() }
    predictions.set(fault, known)
    return known
  }
  for (const check of checks) {
    const entries = check.allow.filter(({ revisions: only }) => only?.includes(revision) ?? true)
    for (const fault of entries.flatMap((entry) => entry.faults)) of(fault).remarked.add(check.id)
    // an entry for this revision excuses the whole check; without revisions it excuses some variants
    const excused = entries.filter(({ revisions: only }) => only).flatMap((entry) => entry.faults)
    for (const fault of check.faults) if (!excused.includes(fault)) of(fault).red.add(check.id)
  }
  return predictions
}

const checkIds = (verdicts: Judged['verdicts']): Set<string> =>
  new Set(verdicts.map(({ check }) => check))

/** The checks that a run judged. */
export function judgedChecks({ verdicts }: Judged): Set<string> {
  return checkIds(verdicts.filter(({ outcome }) => outcome === 'pass' || outcome === 'violation'))
}

export function redChecks({ verdicts }: Judged): Set<string> {
  return checkIds(verdicts.filter(({ outcome }) => outcome === 'violation'))
}

/** The checks that carry the remark which a fault turns on. */
export function remarkedChecks({ verdicts }: Judged, fault: string): Set<string> {
  return checkIds(
    verdicts.filter(({ remarks }) => remarks.some(({ faults }) => faults.includes(fault))),
  )
}

/** Faults that spread from one request to others, and so to every check; only those that list them are run. */
export const spreading: Set<string> = new Set([
  'connection-is-credential',
  'current-user-shared',
  'bad-tokens-lock-everybody',
  'introspection-status-only',
])

/** The faults of each server that a check of some revision lists. */
export async function listedFaults(checks: Check[]): Promise<[server: string, fault: string][]> {
  const listed = new Set(
    arrangements.flatMap(({ revision }) => [...predictionsOf(checks, revision).keys()]),
  )
  const servers = Object.entries(programs).map(async ([server, load]) => {
    const { faults } = await (await load()).faults()
    const names = Object.keys(faults).filter((fault) => listed.has(fault))
    return names.toSorted().map((fault): [string, string] => [server, fault])
  })
  return (await Promise.all(servers)).flat()
}

/**
 * What a check does not notice on one server, because its provider puts up with the fault: Auth0 takes
 * the identifier with a slash for the same API, and Scalekit writes its own id of the resource into `aud`.
 */
export const unnoticed: Record<string, string[]> = {
  'auth0-cte: resource-slash-drift': ['flow.login'],
  'byoa-todo: resource-origin-only': ['flow.login'],
}

/**
 * What a check notices in one arrangement alone: where the issuer is asked about each token, a refresh
 * token differs from an access token in its audience and in nothing else.
 */
export const noticed: Record<string, string[]> = {
  'local-rsa, 2026-07-28, keys by introspect: skip-audience': [
    'token.refresh-token-rejected/for-the-issuer',
  ],
}

/** Nothing of a session can be wrong where there is none, though the checks pass there too. */
function inOrder(server: string, fault: string): Arrangement[] {
  const own = arrangements.filter((each) => each.server === server)
  return fault.startsWith('session-')
    ? own.filter(({ revision }) => revision !== '2026-07-28')
    : own
}

/**
 * The fewest arrangements of a server in which every check that lists the fault was judged without it,
 * each with what was judged. One that is not needed is not run.
 */
export async function arrangementsFor(
  [server, fault]: [server: string, fault: string],
  baselineOf: (arrangement: Arrangement) => Promise<Judged>,
  checks: Check[],
): Promise<[Arrangement, Judged][]> {
  const chosen: [Arrangement, Judged][] = []
  const covered = new Set<string>()
  for (const arrangement of inOrder(server, fault)) {
    const prediction = predictionsOf(checks, arrangement.revision).get(fault)
    const listed = [...(prediction?.red ?? []), ...(prediction?.remarked ?? [])]
    if (listed.every((id) => covered.has(id))) continue
    const baseline = await baselineOf(arrangement)
    const judged = judgedChecks(baseline)
    const fresh = listed.filter((id) => judged.has(id) && !covered.has(id))
    if (fresh.length === 0) continue
    chosen.push([arrangement, baseline])
    for (const id of fresh) covered.add(id)
  }
  return chosen
}

/**
 * Checks whose probes run one by one, wait or log in: outages, cold starts, floods, silence, expiry. A
 * fault that none of them lists is judged without them unless MATRIX=full, for they take longer than all
 * others together.
 */
export function slowChecks({ checks, probes }: Scenarios): string[] {
  const isSlow = (probe: Probe): boolean =>
    probe.exclusive ||
    logsIn(probe) ||
    flatSteps(probe.steps).some(
      ({ poll, repeat = 1, argument }) =>
        poll !== undefined ||
        repeat > 10 ||
        (isObject(argument) && argument['settle'] !== undefined),
    )
  const slow = new Set([...probes.values()].filter(isSlow).map(({ key }) => key))
  return [...new Set(checks.filter(({ probe }) => slow.has(probe)).map(({ id }) => id))]
}

/**
 * Of each check that does not list the fault all variants but one, which the name of the fault chooses
 * among those that were judged without it: over all faults every variant has its turn.
 */
export function otherVariants(fault: string, listed: string[], without: Judged): string[] {
  const judged = new Map<string, string[]>()
  for (const { check, id, outcome } of without.verdicts)
    if (outcome === 'pass' && !listed.includes(check))
      judged.set(check, [...(judged.get(check) ?? []), id])
  return [...judged].flatMap(([check, ids]) => {
    const turn = createHash('sha256').update(`${fault} ${check}`).digest().readUInt32BE()
    return ids.filter((_, index) => index !== turn % ids.length)
  })
}
