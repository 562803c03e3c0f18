import { describe, expect, it } from 'vitest'
import { readMcpAnswer } from './mcp-answer.ts'
import type { McpAnswer } from './mcp-answer.ts'

const result = { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: '{"a":1}' }] } }
const failed = {
  jsonrpc: '2.0',
  id: 1,
  result: { isError: true, content: [{ type: 'text', text: 'no' }] },
}
const error = { jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'Method not found' } }
const note = { jsonrpc: '2.0', method: 'notifications/message', params: {} }

function read(
  body: unknown,
  status: number | null = 200,
  contentType = 'application/json',
): McpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return readMcpAnswer({ status, contentType, body: text })
}

describe('no MCP at all', () => {
  it.each([
    ['an empty body', ''],
    ['HTML', '<!doctype html><title>Welcome</title>'],
    ['truncated JSON', '{"jsonrpc":"2.0","id":1,"resu'],
    ['an OAuth error', '{"error":"invalid_token"}'],
    ['null', 'null'],
    ['another JSON-RPC', '{"jsonrpc":"1.0","id":1,"result":{}}'],
    ['a result that is no object', '{"jsonrpc":"2.0","id":1,"result":"yes"}'],
    ['an empty batch', '[]'],
    ['a notification alone', JSON.stringify(note)],
  ])('is none: %s', (_, body) => {
    expect(read(body)).toMatchObject({ kinds: ['none'], code: null, text: '', data: null })
  })

  it('is none when no answer came', () => {
    expect(read('', null, '').kinds).toEqual(['none'])
  })
})

describe('one message', () => {
  it.each([
    ['a result', result, 200, ['result']],
    ['a result under 401', result, 401, ['result']],
    ['a tool error', failed, 200, ['tool-error']],
    ['an error', error, 200, ['error']],
    ['an error under 401', error, 401, ['error', 'none']],
    ['an error under 503', error, 503, ['error', 'none']],
  ])('%s', (_, body, status, kinds) => {
    expect(read(body, status).kinds).toEqual(kinds)
  })

  it('gives code and message of an error', () => {
    expect(read(error)).toMatchObject({ code: -32601, message: 'Method not found' })
  })

  it('gives text, and the JSON that it says as data', () => {
    expect(read(result)).toMatchObject({ text: '{"a":1}', data: { a: 1 } })
  })

  it('gives text that is no JSON as data, and nothing without text', () => {
    const saying = (...texts: string[]) =>
      read({ ...result, result: { content: texts.map((text) => ({ type: 'text', text })) } }).data
    expect(saying('2 notes: a, b')).toBe('2 notes: a, b')
    expect(saying('one', 'two')).toBe('one\ntwo')
    expect([saying(), saying('')]).toEqual([null, null])
  })

  it('takes structured content before the text', () => {
    const structured = { ...result, result: { ...result.result, structuredContent: { b: 2 } } }
    expect(read(structured).data).toEqual({ b: 2 })
  })

  it('joins text parts, and those of a resource', () => {
    const contents = [
      { uri: 'x', text: 'a' },
      { uri: 'y', blob: 'AA' },
      { uri: 'z', text: 'b' },
    ]
    expect(read({ jsonrpc: '2.0', id: 1, result: { contents } }).text).toBe('a\nb')
  })
})

describe('a batch', () => {
  it('counts as everything that an element is', () => {
    expect(read([error, failed, result]).kinds).toEqual(['result', 'tool-error', 'error'])
  })

  it('with a result is never none, whatever its status', () => {
    expect(read([result, error], 401).kinds).not.toContain('none')
  })

  it('is told element by element, by the ids that were asked for', () => {
    const request = { jsonrpc: '2.0', method: 'tools/call' }
    const of = (asked: unknown, body: unknown): string[] =>
      readMcpAnswer({
        status: 200,
        contentType: 'application/json',
        body: JSON.stringify(body),
        asked: JSON.stringify(asked),
      }).elements
    const batch = [{ ...request, id: 1 }, { ...request, id: 2 }, request, { ...request, id: 3 }]
    const answers = [{ ...error, id: 2 }, failed]
    expect(of(batch, answers)).toEqual(['tool-error', 'error', 'none'])
    expect(of({ ...request, id: 1 }, result)).toEqual(['result'])
    expect(of(batch, { ...error, id: null })).toEqual(['none', 'none', 'none'])
    expect(of('', result)).toEqual([])
  })

  it('of errors under a 4xx is none', () => {
    expect(read([error, error], 400).kinds).toEqual(['error', 'none'])
  })
})

describe('an event stream', () => {
  const stream = (...messages: unknown[]): string =>
    messages.map((message) => `event: message\ndata: ${JSON.stringify(message)}\n\n`).join('')

  it('is read for the messages inside', () => {
    const answer = read(stream(note, result), 200, 'Text/Event-Stream; charset=utf-8')
    expect(answer.kinds).toEqual(['result'])
    expect(answer.messages).toHaveLength(2)
  })

  it('counts a result that the end of the body cut off from its blank line', () => {
    expect(read(stream(result).trimEnd(), 200, 'text/event-stream').kinds).toEqual(['result'])
  })

  it('without a message is none', () => {
    expect(read(': keep-alive\n\n', 200, 'text/event-stream').kinds).toEqual(['none'])
  })
})
