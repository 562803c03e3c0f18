import { howToGive } from './plan.ts'
import type { Level, Outcome, Revision, Role, RunVerdict, Verdict } from './model.ts'

/** What the verdict of a run depends on, besides the verdicts of its checks. */
export interface Ending {
  role: Role
  revision: Revision
  strict: boolean
  requireAll: boolean
  allowInconclusive: boolean
  interrupted: boolean
  /** Why nothing could be judged: unreachable, or not an MCP server. */
  unreachable: string | null
  openServer: boolean
  /** A valid token was accepted at least once. */
  tokenAccepted: boolean
  holdsToken: boolean
  /** By a mock issuer that the server is to trust; else the tester gave the token. */
  mintsToken: boolean
  /** A valid token was sent at least once. */
  tokenSent: boolean
  /** What the token that the tester gave says of itself against being good. */
  tokenDoubt: string | null
}

export const isMust = (level: Level): boolean => level === 'MUST' || level === 'MUST NOT'
const isShould = (level: Level): boolean => level.startsWith('SHOULD')

/** True when the verdict fails the run: a broken MUST, with `strict` also a broken SHOULD. */
export function failsRun(
  { outcome, level }: Pick<Verdict, 'outcome' | 'level'>,
  strict: boolean,
): boolean {
  return outcome === 'violation' && (isMust(level) || (strict && isShould(level)))
}

/** The verdicts by what counts at the end. */
interface Tally {
  scope: string
  failing: Verdict[]
  judged: number
  of: (outcome: Outcome) => Verdict[]
}

type Row = (
  tally: Tally,
  ending: Ending,
) => (Omit<RunVerdict, 'decidedBy'> & { decidedBy?: string }) | null

const wiring =
  'First let the server take the token of the mock issuer: it must trust {{issuer.url}} with its keys at {{issuer.jwks_uri}} and know itself as {{target.resource}}, and facts.target.scopes.required must name what every request needs.'

function lookAtToken({ tokenDoubt }: Ending): string {
  const doubt =
    tokenDoubt ??
    'is it expired, meant for another resource, or short of a scope that every request needs'
  return `Check the token: ${doubt}${tokenDoubt === null ? '?' : '.'} Without one, the run judges what a stranger sees.`
}

function refusedEverywhere({ tokenSent, tokenAccepted }: Ending): boolean {
  return tokenSent && !tokenAccepted
}

/** Every way in which a run can end, most urgent first. The first row that applies decides. */
const rows: Row[] = [
  ({ judged }, { interrupted }) =>
    interrupted
      ? {
          kind: 'interrupted',
          exitCode: 130,
          sentence: `The run was interrupted; ${count(judged, 'check was', 'checks were')} judged until then.`,
          advice: 'Run it again to get a verdict.',
        }
      : null,
  ({ of }) => {
    const [first] = of('error')
    return first
      ? {
          kind: 'inconclusive',
          exitCode: 70,
          sentence: `The harness itself failed in ${first.id}; this says nothing about the server.`,
          advice: 'Please report it with report.json.',
          decidedBy: first.id,
        }
      : null
  },
  (_, { unreachable }) =>
    unreachable === null
      ? null
      : {
          kind: 'unreachable',
          exitCode: 3,
          sentence: `${unreachable} Nothing could be judged.`,
          advice: 'Check the URL and that the server is running, then run again.',
        },
  ({ failing, scope }, ending) => {
    const [first] = failing
    return first
      ? {
          kind: 'not-conformant',
          exitCode: 1,
          sentence: `Not conformant with ${scope}: ${count(new Set(failing.map(({ check }) => check)).size, 'check is', 'checks are')} violated, first ${first.id}.`,
          advice:
            refusedEverywhere(ending) && ending.mintsToken
              ? wiring
              : 'Fix the violations, or run explain with the id of one to learn more.',
          decidedBy: first.id,
        }
      : null
  },
  (_, { openServer }) =>
    openServer
      ? {
          kind: 'not-graded',
          exitCode: 4,
          sentence:
            'Nothing refuses an anonymous caller, so there is no authorization to judge; the server is public, or has lost its lock.',
          advice:
            'If it should be protected, give a token, an issuer or a guarded tool; then this is a violation.',
        }
      : null,
  ({ of, scope }, ending) => {
    const stuck = of('inconclusive')
    return stuck.length > 0 && refusedEverywhere(ending) && !ending.allowInconclusive
      ? {
          kind: 'inconclusive',
          exitCode: 4,
          sentence: `No violation of ${scope} was seen, but the server took the token nowhere, so ${count(stuck.length, 'check is', 'checks are')} inconclusive.`,
          advice: ending.mintsToken ? wiring : lookAtToken(ending),
        }
      : null
  },
  ({ of, scope }, { allowInconclusive }) => {
    const stuck = of('inconclusive')
    const [first] = stuck
    return first && !allowInconclusive
      ? {
          kind: 'inconclusive',
          exitCode: 4,
          sentence: `No violation of ${scope}, but ${count(stuck.length, 'check is', 'checks are')} inconclusive, first ${first.id}: ${first.reason}.`,
          advice: 'Look at their evidence, mend what stood in the way, and run again.',
          decidedBy: first.id,
        }
      : null
  },
  ({ judged, scope }) =>
    judged === 0
      ? {
          kind: 'inconclusive',
          exitCode: 2,
          sentence: `No check of the selection could be judged for ${scope}.`,
          advice: 'Choose other checks with --only, or give the means that the report names.',
        }
      : null,
  ({ of, scope }, { requireAll }) =>
    requireAll && of('untested').length > 0
      ? {
          kind: 'inconclusive',
          exitCode: 4,
          sentence: `No violation of ${scope}, but ${count(of('untested').length, 'check is', 'checks are')} untested.`,
          advice: 'Give the means that the report names, or drop --require-all.',
        }
      : null,
  ({ scope }, { tokenAccepted, holdsToken }) =>
    tokenAccepted
      ? null
      : {
          kind: 'unconfirmed',
          exitCode: 0,
          sentence: `No violation of ${scope} was seen, but no valid token was ever accepted: that the server lets the right callers in was not proven.`,
          advice: holdsToken
            ? 'Check the token that you gave.'
            : `To prove it, ${howToGive.token}.`,
        },
  ({ judged, of, scope }) => ({
    kind: 'conformant',
    exitCode: 0,
    sentence: `Conformant with ${scope}: ${judged === 1 ? 'the one check that applies' : `each of the ${judged} checks that apply`} and could be judged passed or is only advised.`,
    advice:
      of('untested').length > 0
        ? `${count(of('untested').length, 'check is', 'checks are')} untested; the report says what would unlock them.`
        : null,
  }),
]

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}

/** One sentence and one exit code for the whole run. */
export function conclude(verdicts: Verdict[], ending: Ending): RunVerdict {
  const of = (outcome: Outcome): Verdict[] =>
    verdicts.filter((verdict) => verdict.outcome === outcome)
  const tally: Tally = {
    scope: `MCP ${ending.revision}, role ${ending.role}`,
    failing: verdicts.filter((verdict) => failsRun(verdict, ending.strict)),
    judged: of('pass').length + of('violation').length,
    of,
  }
  for (const row of rows) {
    const decided = row(tally, ending)
    if (decided) return { decidedBy: null, ...decided }
  }
  throw new Error('no row of the table applies')
}
