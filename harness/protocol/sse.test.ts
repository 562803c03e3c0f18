import { describe, expect, it } from 'vitest'
import { parseEvents } from './sse.ts'

describe('parseEvents', () => {
  it.each([
    ['an empty body', ''],
    ['an event that no blank line closes', 'data: a\n'],
    ['a comment', ': keep-alive\n\n'],
    ['an event without data', 'event: ping\n\n'],
    ['JSON', '{"a":1}\n\n'],
  ])('finds nothing in %s', (_, body) => {
    expect(parseEvents(body)).toEqual([])
  })

  it.each(['\n', '\r\n', '\r'])('takes %j as a line end', (end) => {
    const body = [
      'id: 7',
      'event: endpoint',
      'data: /messages',
      '',
      'data:a',
      'data: b',
      '',
      '',
    ].join(end)
    expect(parseEvents(body)).toEqual([
      { event: 'endpoint', data: '/messages', id: '7' },
      { event: 'message', data: 'a\nb', id: '7' },
    ])
  })

  it('strips a byte order mark and one blank alone', () => {
    expect(parseEvents('\uFEFFdata:  a\n\n')).toEqual([{ event: 'message', data: ' a', id: '' }])
  })

  it('keeps an empty data line, and ignores unknown fields and an id with NUL', () => {
    expect(parseEvents('data\nretry: 1\nfoo: b\nid: a\0b\n\n')).toEqual([
      { event: 'message', data: '', id: '' },
    ])
  })
})
