import { isObject } from '../protocol/json.ts'
import type { JsonObject } from '../protocol/json.ts'
import { asPerson } from './authorize.ts'
import type { Taken } from './context.ts'
import { pageEvidence } from './page-evidence.ts'
import type { ProbeState } from './probe-state.ts'
import { visitPage } from './visit-page.ts'

/**
 * Types into the form of the page at which the login stands, and presses a button; with `page_of` or `url`
 * visits a page.
 */
export async function browse(argument: JsonObject, state: ProbeState): Promise<Taken> {
  if ('page_of' in argument || 'url' in argument) return visitPage(argument, state)
  const login = await state.ensureLogin()
  const fill = isObject(argument['fill']) ? argument['fill'] : {}
  const press = typeof argument['press'] === 'string' ? argument['press'] : null
  const typed = Object.entries(fill).map(([name, value]) => [name, String(value)])
  const page = await asPerson(() =>
    login.agent().submit({ fill: Object.fromEntries(typed), press }),
  )
  return pageEvidence(page, login.takeVisit(), state)
}
