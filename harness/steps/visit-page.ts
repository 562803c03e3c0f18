import { openAgent } from '../login/open-agent.ts'
import { agreeing, CannotBrowse, loggingIn } from '../login/user-agent.ts'
import type { Credentials, Page, Redirect, UserAgent } from '../login/user-agent.ts'
import type { JsonObject } from '../protocol/json.ts'
import { userOf } from './authorize.ts'
import type { Taken } from './context.ts'
import { pageEvidence } from './page-evidence.ts'
import type { ProbeState } from './probe-state.ts'

const mostPages = 8

/**
 * Opens the page to which the answer of a step sends its user, or a URL, in a browser without a past, and
 * does there what a person would: logs in, agrees, and stops where there is nothing more to do, or at the
 * third party where `stop_at` says so. Takes nothing where the answer sends nobody anywhere.
 */
export async function visitPage(argument: JsonObject, state: ProbeState): Promise<Taken> {
  const sent = state.rawView(String(argument['page_of']))?.answers.at(-1)?.page ?? null
  const url = typeof argument['url'] === 'string' ? argument['url'] : sent
  if (url === null) return { answers: [], roundTrips: [] }
  const roundTrips: number[] = []
  const agent = await openAgent(state.run, roundTrips)
  try {
    const pages = await walk(agent, url, visitorOf(argument, state))
    const last = pages.at(-1)
    if (last === undefined) return { answers: [], roundTrips }
    const redirects = pages.flatMap((page) => page.redirects)
    const screenshots = pages.flatMap((page) => page.screenshots ?? [])
    const third_party = entryOf(redirects, url, state)
    return pageEvidence({ ...last, redirects }, { roundTrips, screenshots }, state, { third_party })
  } finally {
    await agent.close()
  }
}

/** The URL with which the browser first came to the third party; null where it did not. */
function entryOf(redirects: Redirect[], first: string, { run }: ProbeState): string | null {
  const { thirdParty } = run
  if (thirdParty === null) return null
  const urls = redirects.map(({ to, query }) => `${to}?${new URLSearchParams(query)}`)
  return [first, ...urls].find((each) => sameOrigin(each, thirdParty)) ?? null
}

interface Visitor {
  credentialsAt(page: Page): Credentials | null
  isDone(page: Page): boolean
}

function visitorOf(argument: JsonObject, state: ProbeState): Visitor {
  const { thirdParty } = state.run
  return {
    credentialsAt: (page) => credentialsAt(page, argument, state),
    isDone: ({ url }) =>
      argument['stop_at'] === 'third-party' && thirdParty !== null && sameOrigin(url, thirdParty),
  }
}

/** Every page that was seen. A page that breaks ends the visit, as it ends that of a person. */
async function walk(agent: UserAgent, url: string, visitor: Visitor): Promise<Page[]> {
  const seen: Page[] = []
  const typedAt = new Set<string>()
  let act = (): Promise<Page> => agent.visit(url)
  try {
    while (seen.length < mostPages) {
      const page = await act()
      seen.push(page)
      if (visitor.isDone(page)) break
      const { origin } = new URL(page.url)
      const credentials = typedAt.has(origin) ? null : visitor.credentialsAt(page)
      const order = page.passwordField === null ? agreeing(page) : loggingIn(page, credentials)
      if (order === null) break
      if (page.passwordField !== null) typedAt.add(origin)
      act = async () => agent.submit(order)
    }
  } catch (error) {
    if (!(error instanceof CannotBrowse)) throw error
  }
  return seen
}

/** A password is typed only into forms of the target, its issuer and the third party that are sent there. */
function credentialsAt(
  { url, actions }: Page,
  argument: JsonObject,
  state: ProbeState,
): Credentials | null {
  const { targetOrigins, upstream, issuer, thirdParty } = state.run
  const user = argument['user'] === 'b' ? 'b' : 'a'
  const isAt = (place: { url: string } | null): boolean =>
    place !== null && [url, ...actions].every((each) => sameOrigin(each, place))
  if (thirdParty && isAt(thirdParty)) return thirdParty.users[user]
  if (argument['signed_in'] === false) return null
  const targets = [...targetOrigins].map((origin) => ({ url: origin }))
  return [...targets, upstream, issuer].some(isAt) ? userOf(state, user) : null
}

function sameOrigin(url: string, place: { url: string }): boolean {
  return URL.canParse(url) && new URL(url).origin === new URL(place.url).origin
}
