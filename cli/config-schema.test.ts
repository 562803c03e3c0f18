import { expect, it } from 'vitest'
import { targetMembers } from '../harness/scenario/references.ts'
import { factsSchema } from './config-schema.ts'

const derived = [
  'url',
  'origin',
  'path',
  'host',
  'port',
  'htu',
  'interface_url',
  'resource_origin',
  'metadata_url',
  'root_metadata_url',
  'scope',
  'started_as',
]

it.each(targetMembers.filter((name) => !derived.includes(name)))(
  'what scenarios can ask of the target can be declared: %s',
  (name) => {
    const issues = factsSchema.safeParse({ target: { [name]: 'text' } }).error?.issues ?? []
    expect(issues.map(({ code }) => code)).not.toContain('unrecognized_keys')
  },
)

it.each(derived)('what the harness derives cannot: %s', (name) => {
  expect(factsSchema.safeParse({ target: { [name]: 'text' } }).success).toBe(false)
})
