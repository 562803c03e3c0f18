import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

/** How much of a body is kept as evidence, and how much is read at all. Bytes. */
export const keptBytes: number = 1024 * 1024
export const readBytes: number = 16 * 1024 * 1024

/** Milliseconds that a stream gets to end by itself after the awaited message has come. */
const grace = 10

export interface ReadBody {
  body: string
  /** All bytes counted, also those not kept. */
  bytes: number
  /** Why reading ended before the body did; absent when it was read to its end. */
  cut?: 'deadline' | 'size' | 'reset' | 'until'
}

/**
 * Reads a body to its end, to 16 MiB, to the deadline (the signal), or until what came satisfies
 * `until`. Never throws: what has come by then is the body.
 */
export async function readBody(
  stream: Readable,
  signal: AbortSignal,
  until?: (bodySoFar: string) => boolean,
): Promise<ReadBody> {
  const chunks: Buffer[] = []
  let bytes = 0
  let kept = 0
  const text = (): string => Buffer.concat(chunks).toString('utf8')
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const ended = (cut: ReadBody['cut']): ReadBody => {
    stream.on('error', () => undefined).destroy()
    return { body: text(), bytes, ...(cut ? { cut } : {}) }
  }
  const aborted = abortion(signal)
  for (;;) {
    const next = await Promise.race([settled(iterator.next()), aborted.promise])
    if (next === 'aborted') return ended('deadline')
    if (next === 'failed') return aborted.done(ended(signal.aborted ? 'deadline' : 'reset'))
    if (next.done) return aborted.done({ body: text(), bytes })
    bytes += next.value.length
    if (kept < keptBytes) {
      chunks.push(next.value.subarray(0, keptBytes - kept))
      kept = Math.min(keptBytes, kept + next.value.length)
    }
    if (bytes >= readBytes) return aborted.done(ended('size'))
    if (until?.(text())) {
      const last = await Promise.race([settled(iterator.next()), delay(grace, 'late' as const)])
      const over = typeof last === 'object' && last.done
      return aborted.done(over ? { body: text(), bytes } : ended('until'))
    }
  }
}

type Next = IteratorResult<Buffer, undefined> | 'failed'

async function settled(next: Promise<IteratorResult<Buffer, unknown>>): Promise<Next> {
  try {
    return (await next) as IteratorResult<Buffer, undefined>
  } catch {
    return 'failed'
  }
}

function abortion(signal: AbortSignal): {
  promise: Promise<'aborted'>
  done: <T>(value: T) => T
} {
  let stop = (): void => undefined
  const promise = new Promise<'aborted'>((resolve) => {
    const listener = (): void => resolve('aborted')
    if (signal.aborted) listener()
    signal.addEventListener('abort', listener, { once: true })
    stop = () => signal.removeEventListener('abort', listener)
  })
  const done = <T>(value: T): T => {
    stop()
    return value
  }
  return { promise, done }
}
