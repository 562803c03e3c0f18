import type { LoginClient } from '../login/login-client.ts'
import type { Page } from '../login/user-agent.ts'
import type { JsonValue } from '../protocol/json.ts'
import type { Taken } from './context.ts'
import type { ProbeState } from './probe-state.ts'

/** What a page showed, without what nobody may read later. */
export function pageEvidence(page: Page, login: LoginClient, state: ProbeState): Taken {
  const { url, status, title, text, buttons, redirects, callback, passwordField: hidden } = page
  const screenshots = login.takeScreenshots()
  const shown = Object.entries(page.fields).filter(([name]) => name !== hidden)
  const seen = { url, status, title, text, buttons, redirects, callback }
  const json = { ...seen, fields: Object.fromEntries(shown), asks_password: hidden !== null }
  const roundTrips = login.takeRoundTrips()
  return {
    answers: [
      {
        roundTrip: roundTrips.at(-1) ?? null,
        json: state.run.redact(json as unknown as JsonValue),
        ...(screenshots.length > 0 ? { screenshots: screenshots.map(toBase64) } : {}),
      },
    ],
    roundTrips,
  }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
