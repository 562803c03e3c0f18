/**
 * What stands behind the checks: how the run was made, and every round trip in order.
 */
import type { VNode } from 'preact'
import { cutText, visibleText } from '../plain-text.ts'
import { formatDuration } from '../result-view.ts'
import { Block } from './block.tsx'
import { Field } from './field.tsx'
import { roundTripAnchor } from './placement.ts'
import type { Page } from './placement.ts'
import { FirstLine } from './round-trip.tsx'

const outputLimit = 16_384

export function Appendix({ page }: { page: Page }): VNode {
  const { result } = page
  const output = cutText(result.targetOutput ?? '', outputLimit)
  return (
    <>
      <details class="end" id="run">
        <summary>How this run was made</summary>
        <dl class="fields body">
          <Field name="Target" value={`${result.target.url} (${result.target.kind})`} />
          <Field name="Resource" value={result.target.resource} />
          <Field name="Role" value={result.target.role} />
          <Field name="Revision" value={`${result.revision}, ${result.wire} wire`} />
          <Field name="Negotiated" value={result.negotiated} />
          <Field name="Means" value={result.means.join(', ')} />
          <Field name="Strict" value={result.strict ? 'yes: a SHOULD counts like a MUST' : 'no'} />
          <Field name="Started" value={result.started} />
          <Field name="Took" value={formatDuration(result.elapsed)} />
          <Field name="Command" value={result.command} />
          <Field name="Tool" value={`${result.tool.name} ${result.tool.version}`} />
          <Field name="Facts" value={JSON.stringify(result.facts, null, 2)} />
        </dl>
      </details>
      {result.targetOutput !== null && (
        <details class="end" id="output">
          <summary>What the target printed</summary>
          <Block text={visibleText(output.text)} />
          {output.left > 0 && <p class="dim">{output.left} more characters in report.json</p>}
        </details>
      )}
      <details class="end" id="round-trips">
        <summary>All round trips ({result.roundTrips.length})</summary>
        <ol class="trips">
          {result.roundTrips.map((roundTrip) => (
            <li key={roundTrip.id}>
              {page.homes.has(roundTrip.id) ? (
                <a href={`#${roundTripAnchor(roundTrip.id)}`}>
                  <FirstLine roundTrip={roundTrip} />
                </a>
              ) : (
                <FirstLine roundTrip={roundTrip} />
              )}
            </li>
          ))}
        </ol>
      </details>
    </>
  )
}
