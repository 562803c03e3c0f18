import type { Probe } from './model.ts'
import { isObject } from './protocol/json.ts'
import type { JsonValue } from './protocol/json.ts'
import { flatSteps } from './scenario/derive.ts'

/** True when the probe deviates somewhere, so that a plain form of it can be sent as control. */
export function isControlled(probe: Probe): boolean {
  return (
    probe.control.kind === 'plain' &&
    (probe.afterRun ||
      flatSteps(probe.steps).some(
        ({ verb, argument }) => (verb === 'send' || verb === 'open') && deviates(argument),
      ))
  )
}

/** A step deviates when it is more than an operation with the good token. */
export function deviates(argument: JsonValue): boolean {
  if (!isObject(argument)) return false
  const edits = [
    'authorization',
    'carry',
    'header',
    'path',
    'query',
    'params',
    'raw',
    'batch',
    'notify',
    'respond',
    'request',
  ]
  return (
    (argument['token'] !== undefined && argument['token'] !== 'good') ||
    edits.some((edit) => argument[edit] !== undefined)
  )
}
