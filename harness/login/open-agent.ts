import type { RunContext } from '../steps/context.ts'
import { PageWalker } from './page-walker.ts'
import { recordingFetch } from './recording-fetch.ts'
import type { UserAgent } from './user-agent.ts'

/** Nobody listens there: the browser's way back is read, and never fetched. */
export const redirectUri = 'http://127.0.0.1:8976/callback'

/** A browser without a past, whose round trips are added to the list. */
export async function openAgent(run: RunContext, roundTrips: number[]): Promise<UserAgent> {
  if (run.openBrowser) return run.openBrowser(redirectUri)
  const record = recordingFetch(run, roundTrips)
  return new PageWalker(async ({ method, url, headers, body }) => {
    const init = { method, headers, redirect: 'manual' as const }
    const response = await record(url, body === undefined ? init : { ...init, body })
    return {
      status: response.status,
      headers: [...response.headers],
      body: await response.text(),
    }
  }, redirectUri)
}
