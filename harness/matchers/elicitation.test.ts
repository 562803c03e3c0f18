import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../protocol/json.ts'
import { stepOf } from './tested-step.ts'

const url = 'https://server.example/connect?request=1'
const asked = { mode: 'url', url, message: 'Connect it.' }
const request = { method: 'elicitation/create', params: asked }
const rpc = { jsonrpc: '2.0', id: 1 }

function pageOf(body: JsonObject): string | null | undefined {
  return stepOf([{ headers: [['Content-Type', 'application/json']], body }]).answers[0]?.page
}

describe('the page to which an answer sends its user', () => {
  it.each<[string, JsonObject]>([
    ['a request of the server', { ...rpc, ...request }],
    [
      'the error that asks for it',
      { ...rpc, error: { code: -32_042, data: { elicitations: [asked] } } },
    ],
    ['input that is required', { ...rpc, result: { inputRequests: { page: request } } }],
  ])('is found in %s', (_, body) => {
    expect(pageOf(body)).toBe(url)
  })

  it.each<[string, JsonObject]>([
    ['a form', { ...rpc, method: 'elicitation/create', params: { requestedSchema: {} } }],
    ['another error', { ...rpc, error: { code: -32_000, data: { elicitations: [asked] } } }],
    ['a list that is none', { ...rpc, error: { code: -32_042, data: { elicitations: asked } } }],
    ['no text', { ...rpc, method: 'elicitation/create', params: { mode: 'url', url: 5 } }],
    ['a tool result', { ...rpc, result: { content: [] } }],
  ])('is not %s', (_, body) => {
    expect(pageOf(body)).toBeNull()
  })
})
