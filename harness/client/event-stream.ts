import type { JsonValue } from '../protocol/json.ts'
import { parseJson } from '../protocol/json.ts'

/** Cuts the text of a `text/event-stream` into the data of its events, as they come. */
export class EventReader {
  /** Of the last event that had one. */
  lastEventId: string | null = null
  private rest = ''

  /** The data of the events that end within this text. */
  push(text: string): string[] {
    this.rest += text
    const blocks = this.rest.split(/\r\n\r\n|\n\n|\r\r/)
    this.rest = blocks.pop() ?? ''
    for (const block of blocks) this.lastEventId = idOf(block) ?? this.lastEventId
    return blocks.map(dataOf).filter((data) => data !== null)
  }
}

function idOf(block: string): string | undefined {
  return /^id: ?(.+)$/m.exec(block)?.[1]
}

function dataOf(block: string): string | null {
  const lines = block.split(/\r\n|\n|\r/).filter((line) => /^data(:|$)/.test(line))
  const data = lines.map((line) => line.replace(/^data:? ?/, '')).join('\n')
  return data === '' ? null : data
}

/** The JSON message of an event, or its text where that is no JSON. */
export function messageOf(data: string): JsonValue {
  return parseJson(data) ?? data
}
