/**
 * The checks, area by area, and the counts that lead to them.
 */
import type { VNode } from 'preact'
import { visibleText } from '../plain-text.ts'
import type { AreaView, StandingCounts } from '../result-view.ts'
import { countWords, standings, standingWords } from '../verdict-words.ts'
import { CheckRow } from './check.tsx'
import { slug } from './placement.ts'
import type { Page } from './placement.ts'

/** Violations that are open when the page loads; more would bury the rest. */
const openLimit = 8

export function AreaCards({ areas }: { areas: AreaView[] }): VNode {
  return (
    <ul class="cards">
      {areas.map((area) => (
        <li key={area.area}>
          <a href={`#area-${slug(area.area)}`}>
            <b>{visibleText(area.area)}</b>
            <br />
            <Counts counts={area.counts} />
          </a>
        </li>
      ))}
    </ul>
  )
}

export function AreaSections({ page }: { page: Page }): VNode {
  const opened = new Set(
    page.areas
      .flatMap((area) => area.checks)
      .filter((check) => check.worst === 'violation')
      .slice(0, openLimit),
  )
  return (
    <>
      {page.areas.map((area) => (
        <section class="area" key={area.area} aria-labelledby={`area-${slug(area.area)}`}>
          <h2 id={`area-${slug(area.area)}`}>
            {visibleText(area.area)} <Counts counts={area.counts} />
          </h2>
          {area.checks.map((check) => (
            <CheckRow key={check.check.id} view={check} page={page} open={opened.has(check)} />
          ))}
        </section>
      ))}
      <p id="none" hidden>
        No check fits the filter. Reset it to see all.
      </p>
    </>
  )
}

function Counts({ counts }: { counts: StandingCounts }): VNode {
  const present = standings.filter((standing) => counts[standing] > 0)
  return (
    <span class="counts">
      {present.map((standing) => (
        <span class={standing} key={standing}>
          {standingWords[standing].symbol} {countWords(counts[standing], standing)}
        </span>
      ))}
    </span>
  )
}
