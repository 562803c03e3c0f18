/**
 * One row of the page: a check with all variants of its matrix, the worst first and the rest folded.
 */
import type { VNode } from 'preact'
import type { CheckSummary } from '../../harness/model.ts'
import { plainText, visibleText } from '../plain-text.ts'
import { clauseName } from '../result-view.ts'
import type { CheckView, VerdictView } from '../result-view.ts'
import { countWords, standings, standingWords } from '../verdict-words.ts'
import type { Standing } from '../verdict-words.ts'
import { Field } from './field.tsx'
import { anchorOf, isFinding, slug } from './placement.ts'
import type { Page } from './placement.ts'
import { VerdictEvidence, VerdictFields } from './verdict.tsx'

interface CheckProps {
  view: CheckView
  page: Page
  /** The first violations of a page are open when it loads. */
  open: boolean
}

export function CheckRow({ view, page, open }: CheckProps): VNode {
  const { check, verdicts, worst, counts } = view
  const anchor = slug(check.id)
  const present = standings.filter((standing) => counts[standing] > 0)
  const alone = verdicts.length === 1 ? verdicts[0] : undefined
  const remarks = verdicts.reduce((sum, { verdict }) => sum + verdict.remarks.length, 0)
  const level = verdicts[0]?.verdict.level ?? check.level
  return (
    <details
      class="check"
      id={anchor}
      open={open}
      data-o={present.join(' ')}
      data-l={level}
      data-a={check.area}
    >
      <summary>
        <h3>
          <Stand standing={worst} />
          <span class="id">{visibleText(check.id)}</span>
          <span class="level">{level}</span>
          <span class="title">
            {plainText(check.title)}
            {verdicts.length > 1 && (
              <span class="dim">
                {' '}
                ({counts[worst]} of {verdicts.length} variants)
              </span>
            )}
            {remarks > 0 && (
              <span class="dim">
                {' '}
                · {remarks} {remarks === 1 ? 'remark' : 'remarks'}
              </span>
            )}
          </span>
        </h3>
      </summary>
      <div class="body">
        {alone !== undefined && <VerdictFields verdict={alone.verdict} />}
        <Rule check={check} />
        {alone !== undefined && <VerdictEvidence view={alone} check={check} page={page} />}
        {alone === undefined && <Variants view={view} page={page} />}
        <p class="tools js-only">
          <button type="button" data-link={anchor}>
            Copy link
          </button>
        </p>
      </div>
    </details>
  )
}

/** Symbol and word: never by colour alone. */
export function Stand({ standing }: { standing: Standing }): VNode {
  const { symbol, word } = standingWords[standing]
  return (
    <span class={`stand ${standing}`}>
      {symbol} {word}
    </span>
  )
}

function Rule({ check }: { check: CheckSummary }): VNode {
  return (
    <dl class="fields">
      <Field name="Rule" value={check.text} />
      {check.sources.length > 0 && (
        <>
          <dt>Clauses</dt>
          <dd class="sources">
            {check.sources.map((source, index) => (
              <span key={source.url}>
                {index > 0 && ' · '}
                <Clause source={source} />
              </span>
            ))}
          </dd>
        </>
      )}
      <Field name="Fix" value={check.hint} />
      <Field name="Defined" value={check.defined} />
    </dl>
  )
}

/** The catalogue's own links only, and of those only web addresses. */
function Clause({ source }: { source: CheckSummary['sources'][number] }): VNode {
  const name = visibleText(clauseName(source))
  if (!/^https?:\/\//.test(source.url)) return <>{name}</>
  return (
    <a href={source.url} rel="noreferrer noopener">
      {name}
    </a>
  )
}

function Variants({ view, page }: { view: CheckView; page: Page }): VNode {
  const findings = view.verdicts.filter((verdict) => isFinding(verdict.standing))
  const rest = standings
    .filter((standing) => !isFinding(standing) && view.counts[standing] > 0)
    .map((standing) => ({
      standing,
      verdicts: view.verdicts.filter((verdict) => verdict.standing === standing),
    }))
  return (
    <>
      {findings.map((verdict, index) => (
        <Variant key={verdict.verdict.id} view={verdict} of={view} page={page} open={index === 0} />
      ))}
      {rest.map(({ standing, verdicts }) => (
        <details class="fold" key={standing}>
          <summary>
            <span class={standing}>
              {standingWords[standing].symbol} {countWords(verdicts.length, standing)}
            </span>
          </summary>
          <div class="body">
            {verdicts.map((verdict) => (
              <Variant key={verdict.verdict.id} view={verdict} of={view} page={page} open={false} />
            ))}
          </div>
        </details>
      ))}
    </>
  )
}

interface VariantProps {
  view: VerdictView
  of: CheckView
  page: Page
  open: boolean
}

function Variant({ view, of, page, open }: VariantProps): VNode {
  const { verdict, standing } = view
  return (
    <details class="variant" id={anchorOf(verdict.id, page)} open={open}>
      <summary>
        <Stand standing={standing} /> <span class="id">[{visibleText(verdict.variant ?? '')}]</span>
      </summary>
      <div class="body">
        <VerdictFields verdict={verdict} />
        <VerdictEvidence view={view} check={of.check} page={page} />
      </div>
    </details>
  )
}
