import type { RunContext } from '../steps/context.ts'
import { PageWalker } from './page-walker.ts'
import { recordingFetch, whyNotVisit } from './recording-fetch.ts'
import { CannotBrowse } from './user-agent.ts'
import type { UserAgent } from './user-agent.ts'

/** Nobody listens there: the browser's way back is read, and never fetched. */
export const redirectUri = 'http://127.0.0.1:8976/callback'

/** Milliseconds in which a person gives up. */
const patience = 60_000

/** A browser without a past, whose round trips are added to the list. */
export async function openAgent(run: RunContext, roundTrips: number[]): Promise<UserAgent> {
  const deadline = performance.now() + patience
  if (run.openBrowser) return run.openBrowser(redirectUri, (url) => whyNotVisit(url, run) === null)
  const record = recordingFetch(run, roundTrips)
  return new PageWalker(async ({ method, url, headers, body }) => {
    if (performance.now() > deadline) throw new CannotBrowse(`${url} came too late`)
    const init = { method, headers, redirect: 'manual' as const }
    const asked = record(url, body === undefined ? init : { ...init, body })
    const response = await asked.catch((error: unknown) => {
      // no answer, or one that no browser would show
      if (error instanceof TypeError || error instanceof RangeError)
        throw new CannotBrowse(`${url}: ${error.message}`)
      throw error
    })
    return {
      status: response.status,
      headers: [...response.headers],
      body: await response.text(),
    }
  }, redirectUri)
}
