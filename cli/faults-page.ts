import type { Check, Requirement, Scenarios } from '../harness/model.ts'
import { programs } from '../reference-servers/programs.ts'
import type { Breaks } from '../reference-servers/resource-server/faults/fault.ts'
import { generatedNote, quoted, table } from './markdown.ts'
import { withoutFault } from './without-fault.ts'

/** A planted deviation, with the servers that have it. */
export interface PlantedFault {
  about: string
  servers: string[]
  notYetJudged?: Breaks
}

type Planted = Map<string, PlantedFault>

/** Every fault of every reference server. */
export async function plantedFaults(): Promise<Planted> {
  const planted: Planted = new Map()
  for (const [server, load] of Object.entries(programs)) {
    const { faults } = await (await load()).faults()
    for (const [name, { about, notYetJudged }] of Object.entries(faults)) {
      const known = planted.get(name) ?? { about, servers: [] }
      const servers = [...known.servers, server]
      planted.set(name, { ...known, servers, ...(notYetJudged && { notYetJudged }) })
    }
  }
  return planted
}

const remarksOf = ({ allow }: Check): string[] => allow.flatMap(({ faults }) => faults)
const faultsOf = (check: Check): string[] => [...check.faults, ...remarksOf(check)]

/**
 * docs/faults.md: each planted deviation with the checks that it turns red and the remarks that it
 * turns on; those that no check lists yet; the requirements that only they break, or that none does.
 */
export function faultsPage({ checks, requirements }: Scenarios, planted: Planted): string {
  const listing = (listed: (check: Check) => string[], fault: string): string =>
    quoted(new Set(checks.filter((each) => listed(each).includes(fault)).map(({ id }) => id)))
  const judged = [...new Set(checks.flatMap(faultsOf))].toSorted()
  const judgedRows = judged.map((fault) => [
    `\`${fault}\``,
    planted.get(fault)?.about ?? 'Planted in no reference server yet.',
    quoted(planted.get(fault)?.servers ?? []),
    listing(({ faults }) => faults, fault),
    listing(remarksOf, fault),
  ])
  const others = [...planted].filter(([, { notYetJudged }]) => notYetJudged !== undefined)
  const otherRows = others
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([fault, { about, servers, notYetJudged = [] }]) => [
      `\`${fault}\``,
      about,
      quoted(servers),
      describeBroken(notYetJudged, requirements),
    ])
  const openRows = unproven({ checks, requirements }).map((id) => [
    `\`${id}\``,
    quoted(breakersOf(id, planted)),
    reasonsOf(id, checks).join('; '),
  ])
  return `# Planted faults

${generatedNote}

Each of the ${judged.length + others.length} faults makes the reference servers that are named beside it deviate in one way. Try one with \`mcp-auth-conformance run --server SERVER --fault NAME\`. \`tests/matrix.test.ts\` holds each of the ${judged.length} in the first table to it: exactly these checks turn red (where they apply), exactly these remarks appear, and without a fault nothing is red.

${table(['Fault', 'What the server does', 'Servers', 'Turns red', 'Turns a remark on'], judgedRows)}

## Not yet judged

No check lists these ${others.length}. A request in a test beside the server shows each of them, and that the server is right without it.

${table(['Fault', 'What the server does', 'Servers', 'Breaks'], otherRows)}

## Requirements whose checks no fault proves

The testable requirements of a resource server for which no check names a fault: those that a fault above breaks already, and those of which these servers have nothing to break.

${table(['Requirement', 'Broken by', 'Why there is no fault'], openRows)}
`
}

function describeBroken(broken: Breaks, requirements: Scenarios['requirements']): string {
  if (typeof broken === 'string') return broken
  return broken
    .map((id) => {
      const role = requirements.get(id)?.role ?? 'resource-server'
      return role === 'resource-server' ? `\`${id}\`` : `\`${id}\` (${role})`
    })
    .join(', ')
}

/** Testable requirements of a resource server for which no check names a fault. */
function unproven({ checks, requirements }: Pick<Scenarios, 'checks' | 'requirements'>): string[] {
  const proven = new Set(
    checks.filter((check) => faultsOf(check).length > 0).map(({ requirement }) => requirement),
  )
  const concerns = ({ id, role, untestable }: Requirement): boolean =>
    role === 'resource-server' && untestable === null && !proven.has(id)
  return [...requirements.values()].filter(concerns).map(({ id }) => id)
}

/** Why no fault breaks a requirement. */
function reasonsOf(requirement: string, checks: Check[]): string[] {
  const own = checks.filter((check) => check.requirement === requirement)
  const reasons = own.flatMap(({ noFault }) => noFault ?? [])
  return [...new Set([withoutFault[requirement] ?? [], ...reasons].flat())]
}

function breakersOf(requirement: string, planted: Planted): string[] {
  const breaks = ({ notYetJudged = [] }: PlantedFault): boolean =>
    Array.isArray(notYetJudged) && notYetJudged.includes(requirement)
  return [...planted].filter(([, fault]) => breaks(fault)).map(([name]) => name)
}

/** What contradicts itself in the faults and what is said of them, a sentence each. */
export function faultProblems(scenarios: Scenarios, planted: Planted): string[] {
  const { checks, requirements } = scenarios
  const listed = new Set(checks.flatMap(faultsOf))
  const ofFaults = [...planted].flatMap(([name, { notYetJudged }]) => {
    if (notYetJudged === undefined) {
      return listed.has(name) ? [] : [`${name}: no check lists it, so it must say what it breaks`]
    }
    if (listed.has(name)) return [`${name}: a check lists it, so it is judged`]
    const unknown = [notYetJudged].flat().filter((id) => !requirements.has(id))
    return typeof notYetJudged === 'string' ? [] : unknown.map((id) => `${name}: what is ${id}?`)
  })
  const open = unproven(scenarios)
  const ofRequirements = open.flatMap((id) => {
    const explained = reasonsOf(id, checks).length > 0
    const broken = breakersOf(id, planted).length > 0
    if (explained === broken) return [`${id}: it needs a fault, or else a reason why there is none`]
    return []
  })
  const stale = Object.keys(withoutFault).filter((id) => !open.includes(id))
  return [
    ...ofFaults,
    ...ofRequirements,
    ...stale.map((id) => `${id}: a check proves it by a fault`),
  ]
}
