import { openAgent } from '../login/open-agent.ts'
import { agreeing, loggingIn } from '../login/user-agent.ts'
import type { Page, UserAgent } from '../login/user-agent.ts'
import type { JsonObject } from '../protocol/json.ts'
import { asPerson, userOf } from './authorize.ts'
import type { Taken } from './context.ts'
import { pageEvidence } from './page-evidence.ts'
import type { ProbeState } from './probe-state.ts'

type Credentials = { username: string; password: string }
const mostPages = 8

/**
 * Opens the page to which the answer of a step sends its user, in a browser without a past, and does
 * there what a person would: logs in, agrees, and stops where there is nothing more to do. Takes nothing
 * where the answer sends nobody anywhere.
 */
export async function visitPage(argument: JsonObject, state: ProbeState): Promise<Taken> {
  const url = state.rawView(String(argument['page_of']))?.answers.at(-1)?.page ?? null
  if (url === null) return { answers: [], roundTrips: [] }
  const roundTrips: number[] = []
  const screenshots: Uint8Array[] = []
  const agent = await openAgent(state.run, roundTrips)
  try {
    const last = await asPerson(() =>
      walk(agent, url, {
        credentialsAt: (page) => credentialsAt(page, argument, state),
        arrived: (page) => screenshots.push(...(page.screenshots ?? [])),
      }),
    )
    return pageEvidence(last, { roundTrips, screenshots }, state)
  } finally {
    await agent.close()
  }
}

interface Visitor {
  credentialsAt(page: string): Credentials | null
  arrived(page: Page): void
}

async function walk(
  agent: UserAgent,
  url: string,
  { credentialsAt: at, arrived }: Visitor,
): Promise<Page> {
  const typedAt = new Set<string>()
  let page = await agent.visit(url)
  arrived(page)
  for (let pages = 1; pages < mostPages; pages += 1) {
    const { origin } = new URL(page.url)
    const credentials = typedAt.has(origin) ? null : at(page.url)
    const order = page.passwordField === null ? agreeing(page) : loggingIn(page, credentials)
    if (order === null) break
    if (page.passwordField !== null) typedAt.add(origin)
    page = await agent.submit(order)
    arrived(page)
  }
  return page
}

/** Nobody's password is typed where neither the target, its issuer nor the third party stands. */
function credentialsAt(url: string, argument: JsonObject, state: ProbeState): Credentials | null {
  const { targetOrigins, upstream, issuer, thirdParty } = state.run
  const user = argument['user'] === 'b' ? 'b' : 'a'
  const { origin } = new URL(url)
  const isAt = (place: { url: string } | null): boolean =>
    place !== null && new URL(place.url).origin === origin
  if (thirdParty && isAt(thirdParty)) return thirdParty.users[user]
  if (argument['signed_in'] === false) return null
  return targetOrigins.has(origin) || isAt(upstream) || isAt(issuer) ? userOf(state, user) : null
}
