import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../protocol/json.ts'
import { form } from './form.ts'
import { stepOf } from './tested-step.ts'

const headers: [string, string][] = [['Content-Type', 'application/json']]

/** The answer of MCP 2026-07-28 that asks for these fields. */
function asked(properties: JsonObject, message = 'Please fill this in.'): JsonObject {
  const params = { mode: 'form', message, requestedSchema: { type: 'object', properties } }
  const inputRequests = { question: { method: 'elicitation/create', params } }
  return { jsonrpc: '2.0', id: 1, result: { resultType: 'input_required', inputRequests } }
}

const text = { type: 'string' }

function actual(value: string, body: JsonObject): string | null {
  const [answer] = stepOf([{ headers, body }]).answers
  if (form.on !== 'answer' || answer === undefined) throw new Error('no answer')
  return form.match(value, answer, { identity: null, ownHosts: new Set() })
}

describe('a form that plainly asks for a secret', () => {
  it.each<[JsonObject, string?]>([
    [{ password: text }],
    [{ newPassword: text }],
    [{ password_confirmation: text }],
    [{ 'user.password': text }],
    [{ pwd: text }],
    [{ calendar_api_key: text }],
    [{ apiKey: { type: ['string', 'null'] } }],
    [{ secret_access_key: text }],
    [{ github_access_token: text }],
    [{ card_number: text }],
    [{ credit_card_number: text }],
    [{ cvc: text }],
    [{ value: { ...text, title: 'Password' } }],
    [{ value: { ...text, title: 'Your GitHub API key' } }],
    [{ value: { ...text, description: 'Enter the API token.' } }],
    [{ value: text }, 'Please enter your API key.'],
    [{ value: text }, 'Enter your GitHub personal access token'],
    [{ value: text }, 'No API key was found; please enter your API key'],
    [{ value: text }, 'GITHUB_TOKEN is not set, please provide your access token'],
    [{ value: text }, 'What is your password?'],
    [{ value: text }, 'To pay, enter your card number and press send.'],
  ])('%j with the words %s', (properties, message) => {
    expect(actual('no-plain-secrets', asked(properties, message))).not.toBeNull()
    expect(actual('no-secrets', asked(properties, message))).not.toBeNull()
  })
})

describe('a form that only resembles one', () => {
  it.each<[JsonObject, string?]>([
    [{ token_count: { type: 'integer' } }],
    [{ secret_santa: text }],
    [{ token: text }],
    [{ require_password: { type: 'boolean' } }, 'Should guests have to enter a password to join?'],
    [{ max_password_attempts: text }, 'How often may a user enter a wrong password?'],
    [{ password_hint: text }],
    [{ api_key: { type: 'string', enum: ['one', 'two'] } }, 'Which key shall be revoked?'],
    [{ card_number: { type: 'integer' } }, 'Which card of the board?'],
  ])('%j with the words %s', (properties, message) => {
    expect(actual('no-plain-secrets', asked(properties, message))).toBeNull()
    expect(actual('no-secrets', asked(properties, message))).not.toBeNull()
  })
})

describe('a harmless form', () => {
  it.each<[JsonObject, string?]>([
    [{ day: text }, 'On which day shall you be reminded?'],
    [{ passenger: text }],
    [{ discard: text, keyboard: text, author: text }],
    [{ name: { ...text, title: 'Name of the API key' } }],
    [{ name: text }, "Don't enter your password here."],
    [{ name: text }, 'Never give your password to anybody.'],
    [{ name: text }, 'We do not need you to provide an API key.'],
    [{ name: text }, 'You will enter your password on our page.'],
    [{ name: text }, 'Please enter the password policy to apply.'],
    [{ name: text }, 'Enter the access token name.'],
    [{ grant: text }, 'Please choose the grant type password or code.'],
    [{ text }, 'Where shall I insert a password field?'],
  ])('%j with the words %s', (properties, message) => {
    expect(actual('no-secrets', asked(properties, message))).toBeNull()
  })
})

it('is found in a request of the server as well, and nowhere else', () => {
  const params = { message: 'Hi', requestedSchema: { type: 'object', properties: {} } }
  expect(actual('present', { jsonrpc: '2.0', id: 0, method: 'elicitation/create', params })).toBe(
    null,
  )
  const url = { jsonrpc: '2.0', id: 0, method: 'elicitation/create', params: { mode: 'url' } }
  expect(actual('present', url)).toBe('200 without a form')
  expect(actual('no-secrets', { jsonrpc: '2.0', id: 1, result: {} })).toBe('200 without a form')
})

it.each(['aaa ', 'please enter your ', '"title":"', "don't ", 'a'])(
  'reads a hostile text of %j in no time',
  (part) => {
    const started = performance.now()
    const hostile = part.repeat(1_000_000 / part.length)
    expect(actual('no-secrets', asked({ [hostile]: text }, hostile))).toBeNull()
    expect(performance.now() - started).toBeLessThan(1500)
  },
)
