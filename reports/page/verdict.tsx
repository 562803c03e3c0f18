/**
 * What one verdict rests on: reason, expected, actual, and the round trips of its probe.
 */
import { Fragment } from 'preact'
import type { VNode } from 'preact'
import type { CheckSummary, Evidence, StepEvidence, Verdict } from '../../harness/model.ts'
import { curl, curlVariables } from '../curl.ts'
import { cutText, visibleText } from '../plain-text.ts'
import type { VerdictView } from '../result-view.ts'
import { Block } from './block.tsx'
import { Field } from './field.tsx'
import { anchorOf, isFinding, roundTripAnchor, roundTripsOf } from './placement.ts'
import type { Page } from './placement.ts'
import { FirstLine, RoundTripView } from './round-trip.tsx'

interface VerdictProps {
  view: VerdictView
  check: CheckSummary
  page: Page
}

const textLimit = 4096
/** Round trips that one verdict lists before the rest folds away. */
const listLimit = 6

/** Why this outcome, in words. */
export function VerdictFields({ verdict }: { verdict: Verdict }): VNode {
  const recorded = Object.entries(verdict.recorded)
  return (
    <dl class="fields">
      <Field name="Why" value={verdict.reason} />
      <Field name="Expected" value={verdict.expected} />
      <Field name="Actual" value={verdict.actual} />
      <Field name="Needs" value={verdict.missing.join(', ')} />
      {verdict.remarks.map((remark, index) => (
        <Field key={index} name="Remark" value={remark.text} />
      ))}
      {recorded.map(([name, value]) => (
        <Field key={name} name={`Recorded ${name}`} value={asText(value)} />
      ))}
    </dl>
  )
}

/** What was sent and what came back, and how to send it again. */
export function VerdictEvidence({ view, check, page }: VerdictProps): VNode {
  const { verdict, standing } = view
  return (
    <>
      <EvidenceList verdict={verdict} page={page} />
      {isFinding(standing) && <Repeat verdict={verdict} check={check} page={page} />}
    </>
  )
}

function EvidenceList({ verdict, page }: { verdict: Verdict; page: Page }): VNode | null {
  const ids = roundTripsOf(verdict, page)
  const evidence = verdict.probe === null ? undefined : page.evidence.get(verdict.probe)
  if (ids.length === 0 && evidence === undefined) return null
  const entries = ids.map((id) => <Entry key={id} id={id} verdict={verdict} page={page} />)
  const control = evidence?.control
  return (
    <div>
      <p class="label">Evidence</p>
      {entries.slice(0, listLimit)}
      {entries.length > listLimit && (
        <details class="fold">
          <summary>{entries.length - listLimit} more round trips</summary>
          {entries.slice(listLimit)}
        </details>
      )}
      {evidence !== undefined && <Observations evidence={evidence} verdict={verdict} page={page} />}
      {control && (
        <p class="dim">
          Control: {visibleText(control.what)},{' '}
          {control.ran ? (control.accepted ? 'accepted' : 'not accepted') : 'not run'}
          {control.reason !== null && `: ${visibleText(control.reason)}`}
        </p>
      )}
      {evidence?.unmet && (
        <p class="dim">
          Stopped at step {visibleText(evidence.unmet.step)}: {visibleText(evidence.unmet.reason)}
        </p>
      )}
    </div>
  )
}

function Entry({ id, verdict, page }: { id: number; verdict: Verdict; page: Page }): VNode | null {
  const roundTrip = page.roundTrips.get(id)
  if (roundTrip === undefined) return null
  const decides = verdict.roundTrip === id
  if (page.homes.get(id) === verdict.id) {
    const label = labelOf(id, verdict, page)
    return <RoundTripView roundTrip={roundTrip} label={label} verdict={verdict} page={page} />
  }
  return (
    <div class={decides ? 'rt decides' : 'rt'}>
      <p>
        <a href={`#${roundTripAnchor(id)}`}>
          <FirstLine roundTrip={roundTrip} decides={decides} />
        </a>
      </p>
    </div>
  )
}

function labelOf(id: number, verdict: Verdict, page: Page): string {
  const evidence = verdict.probe === null ? undefined : page.evidence.get(verdict.probe)
  const steps = evidence?.steps.filter((step) => step.roundTrips.includes(id)) ?? []
  const control = evidence?.control?.roundTrips.includes(id) === true ? ['control'] : []
  return [...steps.map((step) => step.name), ...control].join(', ')
}

/** What the mocks saw, and what a browser showed; that has one home, and elsewhere a link. */
function Observations({
  evidence,
  verdict,
  page,
}: {
  evidence: Evidence
  verdict: Verdict
  page: Page
}): VNode {
  const home = page.pageHomes.get(evidence.probe) ?? verdict.id
  const browsed = evidence.steps.some((step) => screenshotsOf(step).length > 0)
  return (
    <>
      {evidence.steps.map((step) => (
        <Fragment key={step.name}>
          <Requests step={step} />
          {home === verdict.id && <Screenshots step={step} />}
        </Fragment>
      ))}
      {browsed && home !== verdict.id && (
        <p>
          <a href={`#${anchorOf(home, page)}`}>What the browser showed</a>
        </p>
      )}
    </>
  )
}

function Requests({ step }: { step: StepEvidence }): VNode | null {
  const requests = step.requests ?? []
  if (requests.length === 0) return null
  const seen = requests.map(
    ({ method, path, status, json }) =>
      `${method} ${path} → ${status}${json === undefined ? '' : ` ${JSON.stringify(json)}`}`,
  )
  return (
    <details class="fold">
      <summary>
        {requests.length} {requests.length === 1 ? 'request' : 'requests'} observed at step{' '}
        {visibleText(step.name)}
      </summary>
      <Block text={visibleText(cutText(seen.join('\n'), textLimit).text)} />
    </details>
  )
}

function Screenshots({ step }: { step: StepEvidence }): VNode {
  const shown = screenshotsOf(step)
  return (
    <>
      {shown.map((screenshot, index) => {
        const which = shown.length > 1 ? `, ${index + 1} of ${shown.length}` : ''
        const label = `Screenshot of step ${visibleText(step.name)}${which}`
        return (
          <details class="fold" key={screenshot}>
            <summary>{label}</summary>
            <img class="shot" alt={label} src={`data:image/png;base64,${screenshot}`} />
          </details>
        )
      })}
    </>
  )
}

function screenshotsOf({ answers }: StepEvidence): string[] {
  return answers.flatMap(({ screenshots = [] }) => screenshots).filter(isPng)
}

const isPng = (text: string): boolean => /^[A-Za-z0-9+/]+={0,2}$/.test(text)

function Repeat({
  verdict,
  check,
  page,
}: Omit<VerdictProps, 'view'> & { verdict: Verdict }): VNode {
  const roundTrip = verdict.roundTrip === null ? undefined : page.roundTrips.get(verdict.roundTrip)
  const variables = roundTrip === undefined ? [] : curlVariables(roundTrip)
  const again = `${page.result.tool.name} run ${page.result.target.url} --only '${check.id}'`
  return (
    <div>
      <p class="label">
        Repeat
        {variables.length > 0 && `, with ${variables.join(', ')} in the environment`}
      </p>
      {roundTrip !== undefined && <CopyBlock text={curl(roundTrip)} />}
      <CopyBlock text={again} />
    </div>
  )
}

function CopyBlock({ text }: { text: string }): VNode {
  return (
    <div class="copyable">
      <button type="button" class="js-only" data-copy="">
        Copy
      </button>
      <Block text={visibleText(text)} />
    </div>
  )
}

function asText(value: Verdict['recorded'][string]): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
