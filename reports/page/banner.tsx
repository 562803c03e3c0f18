/**
 * The answer first: the verdict, the one reason that decided it, and how much could be judged.
 */
import type { VNode } from 'preact'
import type { RunResult, Verdict } from '../../harness/model.ts'
import { visibleText } from '../plain-text.ts'
import { countStandings, formatDuration } from '../result-view.ts'
import { countWords, standings, verdictWords } from '../verdict-words.ts'
import type { Standing } from '../verdict-words.ts'
import { anchorOf } from './placement.ts'
import type { Page } from './placement.ts'

export function Banner({ page }: { page: Page }): VNode {
  const { result } = page
  const { verdict } = result
  const shade = verdictShade(result)
  const decided = result.verdicts.find((candidate) => candidate.id === verdict.decidedBy)
  return (
    <section class={`verdict ${shade}`} aria-label="Verdict">
      <p class="word">{verdictWords[verdict.kind]}</p>
      <p>{visibleText(verdict.sentence)}</p>
      {decided !== undefined && <Reason decided={decided} page={page} />}
      {verdict.advice !== null && <p>{visibleText(verdict.advice)}</p>}
      <Distribution result={result} />
      <Coverage result={result} />
      <p class="dim">
        {visibleText(result.started.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'))} ·{' '}
        {formatDuration(result.elapsed)}
        {result.waited > 0 && ` (${formatDuration(result.waited)} waiting)`} ·{' '}
        {visibleText(`${result.tool.name} ${result.tool.version}`)} · exit {verdict.exitCode}
      </p>
    </section>
  )
}

function Reason({ decided, page }: { decided: Verdict; page: Page }): VNode {
  return (
    <p>
      Decided by <a href={`#${anchorOf(decided.id, page)}`}>{visibleText(decided.id)}</a>
      {decided.reason !== '' && `: ${visibleText(decided.reason)}`}
    </p>
  )
}

function Distribution({ result }: { result: RunResult }): VNode {
  const counts = countStandings(result.verdicts, result.strict)
  const present = standings.filter((standing) => counts[standing] > 0)
  const words = present.map((standing) => countWords(counts[standing], standing)).join(', ')
  const parts = present.map((standing) => ({ size: counts[standing], className: standing }))
  return (
    <>
      <p>{words || 'Nothing was judged.'}</p>
      <Bar label={`Verdicts: ${words}`} parts={parts} />
    </>
  )
}

function Coverage({ result }: { result: RunResult }): VNode {
  const { must } = result.coverage
  // what could be judged as well is no news of a target that nobody reached
  const unlocks = result.verdict.kind === 'unreachable' ? [] : result.coverage.unlocks
  const label = `Judged ${must.judged} of ${must.applicable} applicable MUST requirements`
  const parts = [
    { size: must.judged, className: 'pass' },
    { size: Math.max(0, must.applicable - must.judged), className: 'rest' },
  ]
  return (
    <>
      <p>
        {label} <span class="dim">({must.total} in this selection)</span>
      </p>
      <Bar label={label} parts={parts} />
      {unlocks.length > 0 && (
        <ul class="unlocks">
          {unlocks.map((unlock) => (
            <li key={unlock.means}>
              <b>{countWords(unlock.checks, 'untested').replace('untested', 'more')}</b> with{' '}
              {visibleText(unlock.means)}: {visibleText(unlock.how)}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** A bar of parts; its label says everything that it shows. */
function Bar(props: { label: string; parts: { size: number; className: string }[] }): VNode {
  const total = props.parts.reduce((sum, part) => sum + part.size, 0) || 1
  let from = 0
  const rects = props.parts.map(({ size, className }) => {
    const x = from
    from += size
    return <rect key={className} class={className} x={x} y="0" width={size} height="1" />
  })
  return (
    <svg
      class="bar"
      role="img"
      aria-label={props.label}
      viewBox={`0 0 ${total} 1`}
      preserveAspectRatio="none"
    >
      {rects}
    </svg>
  )
}

function verdictShade(result: RunResult): Standing {
  const shades: Record<RunResult['verdict']['kind'], Standing> = {
    conformant: 'pass',
    unconfirmed: 'inconclusive',
    'not-conformant': 'violation',
    inconclusive: 'inconclusive',
    'not-graded': 'inconclusive',
    unreachable: 'error',
    interrupted: 'inconclusive',
  }
  return shades[result.verdict.kind]
}
