/** A server under test that is there to be asked. `stop` ends whatever the harness started. */
export interface StartedTarget {
  name: string
  /** The MCP endpoint, byte for byte as the tester wrote it. */
  url: string
  kind: 'url' | 'command' | 'server' | 'image'
  /** Where the process listens that the server calls, if the harness started one. */
  upstreamUrl?: string
  /** What the started processes printed so far; null for a URL. */
  output(): string | null
  /** Ends the server and starts it again on the same port; returns also when it does not come up. */
  restart: (() => Promise<void>) | null
  stop(): Promise<void>
}

/** The target could not be started or never answered. */
export class TargetError extends Error {
  /** The last lines that the process printed. */
  readonly output: string
  constructor(message: string, output = '') {
    super(message)
    this.name = 'TargetError'
    this.output = output
  }
}

/** A server that somebody else runs. */
export function urlTarget(url: string): StartedTarget {
  return {
    name: url,
    url,
    kind: 'url',
    output: () => null,
    restart: null,
    stop: () => Promise.resolve(),
  }
}
