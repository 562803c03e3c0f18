import { randomUUID } from 'node:crypto'
import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js'

type Message = Parameters<EventStore['storeEvent']>[1]

interface Stored {
  id: string
  streamId: string
  message: Message
}

const mostEvents = 1000

/** The last messages of one session, so that a client that lost its stream gets what it missed. */
export class SessionEvents implements EventStore {
  #events: Stored[] = []

  async storeEvent(streamId: string, message: Message): Promise<string> {
    const id = randomUUID()
    this.#events = [...this.#events, { id, streamId, message }].slice(-mostEvents)
    return id
  }

  async getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    return this.#events.find(({ id }) => id === eventId)?.streamId
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: Message) => Promise<void> },
  ): Promise<string> {
    const last = this.#events.find(({ id }) => id === lastEventId)
    if (last === undefined) throw new Error('there is no such event')
    const missed = this.#events.slice(this.#events.indexOf(last) + 1)
    for (const { id, streamId, message } of missed) {
      if (streamId === last.streamId) await send(id, message)
    }
    return last.streamId
  }
}
