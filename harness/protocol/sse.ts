/** One event of a server-sent event stream. */
export interface StreamEvent {
  /** `message` unless the stream names another type. */
  event: string
  data: string
  /** The last id that the stream has set; empty when none. */
  id: string
}

/**
 * Reads an event stream as WHATWG HTML section 9.2.6 says. An event at the end that no blank line
 * closes is not dispatched.
 */
export function parseEvents(body: string): StreamEvent[] {
  const events: StreamEvent[] = []
  let event = ''
  let data: string[] = []
  let id = ''
  const lines = body.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  // What follows the last line end is no line yet.
  lines.pop()
  for (const line of lines) {
    if (line === '') {
      if (data.length > 0) events.push({ event: event || 'message', data: data.join('\n'), id })
      event = ''
      data = []
      continue
    }
    const { field, value } = splitField(line)
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
    else if (field === 'id' && !value.includes('\0')) id = value
  }
  return events
}

function splitField(line: string): { field: string; value: string } {
  const colon = line.indexOf(':')
  if (colon === -1) return { field: line, value: '' }
  return { field: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, '') }
}
