import type { Negotiated } from './negotiate.ts'
import type { HeaderList } from './model.ts'
import { protectedResourceMetadataUrls } from './protocol/well-known.ts'
import { sawProtection } from './saw-protection.ts'
import type { RunContext } from './steps/context.ts'
import { fetchUrl } from './steps/fetch.ts'

function sawMcp(run: RunContext): boolean {
  return [...run.roundTrips.values()].some(({ response }) =>
    /"jsonrpc"\s*:\s*"2\.0"/.test(response?.body ?? ''),
  )
}

/** Not a single answer came. */
export function whyUnreachable(opened: Negotiated, run: RunContext): string | null {
  const answered = [...run.roundTrips.values()].some(({ response }) => response !== null)
  if (answered) return null
  return `${run.targetUrl} could not be reached: ${opened.unreachableBecause ?? 'no answer'}.`
}

/**
 * An answer came, but nothing of MCP and nothing of OAuth in it; the metadata is looked for last.
 * Null when there is anything of either.
 */
export async function whyNotMcp(run: RunContext): Promise<string | null> {
  if (sawProtection(run) || sawMcp(run)) return null
  const urls = protectedResourceMetadataUrls(run.targetUrl)
  const headers: HeaderList = [['Accept', 'application/json']]
  await Promise.all(
    urls.map((url) => fetchUrl(url, run, { method: 'GET', headers, timeout: run.timeout })),
  )
  if (sawProtection(run)) return null
  const first = run.roundTrips.get(1)?.response
  return `${run.targetUrl} answers (first with status ${first?.status ?? 'none'}), but nothing of it is MCP: no JSON-RPC, no Bearer challenge, no protected resource metadata.`
}
