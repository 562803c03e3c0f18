/**
 * The filter bar. It needs the script and is not shown without it.
 */
import type { VNode } from 'preact'
import { visibleText } from '../plain-text.ts'
import { countStandings } from '../result-view.ts'
import { countWords, standings, standingWords } from '../verdict-words.ts'
import type { Page } from './placement.ts'

export function Filters({ page }: { page: Page }): VNode {
  const counts = countStandings(page.result.verdicts, page.result.strict)
  const levels = [...new Set(page.result.verdicts.map((verdict) => verdict.level))]
  return (
    <div class="filters js-only" role="search" aria-label="Checks">
      <input id="q" type="search" placeholder="id or title, !not" aria-label="Text" />
      <Choice id="l" label="Level" all="any level" values={levels} />
      <Choice id="a" label="Area" all="any area" values={page.areas.map((area) => area.area)} />
      <button type="button" id="reset">
        Reset
      </button>
      <output id="n" aria-live="polite" />
      <fieldset aria-label="Outcome">
        {standings
          .filter((standing) => counts[standing] > 0)
          .map((standing) => (
            <button type="button" key={standing} data-f={standing} aria-pressed="false">
              {standingWords[standing].symbol} {countWords(counts[standing], standing)}
            </button>
          ))}
      </fieldset>
    </div>
  )
}

interface ChoiceProps {
  id: string
  label: string
  all: string
  values: string[]
}

function Choice({ id, label, all, values }: ChoiceProps): VNode {
  return (
    <select id={id} aria-label={label}>
      <option value="">{all}</option>
      {values.map((value) => (
        <option key={value} value={value}>
          {visibleText(value)}
        </option>
      ))}
    </select>
  )
}
