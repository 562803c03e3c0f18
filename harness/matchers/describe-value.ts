import { isObject } from '../protocol/json.ts'
import type { JsonValue } from '../protocol/json.ts'
import { both, either, show } from './words.ts'

/** What a value demands, in words. */
export function describeValue(value: JsonValue): string {
  if (!isObject(value)) return show(value)
  return both(Object.entries(value).map(([name, argument]) => describeOperator(name, argument)))
}

/** What a map of names or paths demands, in words. */
export function describeMembers(map: JsonValue): string {
  if (!isObject(map)) return show(map)
  return both(Object.entries(map).map(([path, value]) => describeMember(path, value)))
}

function describeMember(path: string, value: JsonValue): string {
  const what = describeValue(value)
  if (path === '$') return what
  return isObject(value) ? `${path} ${what}` : `${path} = ${what}`
}

function describeOperator(name: string, argument: JsonValue): string {
  const list = Array.isArray(argument) ? argument : [argument]
  switch (name) {
    case 'is':
      return show(argument)
    case 'not':
      return `not ${describeValue(argument)}`
    case 'one-of':
      return either(list.map(show))
    case 'any-of':
      return either(list.map(describeValue))
    case 'if-present':
      return `missing or ${describeValue(argument)}`
    case 'present':
      return argument === true ? 'present' : 'absent'
    case 'matches':
      return `matching /${String(argument)}/`
    case 'contains':
      return `containing ${both(list.map(show))}`
    case 'lacks':
      return `without ${either(list.map(show))}`
    case 'lists':
      return `listing ${both(list.map(show))}`
    case 'min':
      return `at least ${show(argument)}`
    case 'max':
      return `at most ${show(argument)}`
    case 'type':
      return `of type ${either(list.map(String))}`
    case 'every':
      return `with every item ${describeValue(argument)}`
    case 'some':
      return `with an item ${describeValue(argument)}`
    case 'items':
      return `with ${describeValue(argument)} items`
    case 'members':
      return `with ${describeMembers(argument)}`
    case 'same-set-as':
      return `the same set as ${show(argument)}`
    case 'differs-from':
      return `different from ${show(argument)}`
    default:
      return `${name} ${show(argument)}`
  }
}
