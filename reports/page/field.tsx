/**
 * A labelled value, left out when there is none. Values are text: nothing of a target is a link.
 */
import type { VNode } from 'preact'
import { cutText, visibleText } from '../plain-text.ts'

const fieldLimit = 4096

export function Field({ name, value }: { name: string; value: string | null }): VNode | null {
  if (value === null || value === '') return null
  const { text, left } = cutText(value, fieldLimit)
  return (
    <>
      <dt>{visibleText(name)}</dt>
      <dd>
        {visibleText(text)}
        {left > 0 && <span class="dim"> … {left} more characters in report.json</span>}
      </dd>
    </>
  )
}
