import type { JsonObject } from './json.ts'
import type { RingKey } from './key-ring.ts'

/** How an endpoint fails: a status, a dropped connection, or no answer at all. */
export type Outage = 'reset' | 'stall' | number

/** One deviation of an issuer from conformance. */
export type Overlay =
  | { kind: 'key'; key: RingKey }
  | { kind: 'jwk'; jwk: JsonObject }
  | { kind: 'removed'; key: RingKey }
  | { kind: 'metadata'; members: JsonObject }
  | { kind: 'introspection'; members: JsonObject }
  | { kind: 'revoked'; token: string }
  | { kind: 'outage'; endpoints: string[]; how: Outage }
  | { kind: 'delay'; endpoints: string[]; milliseconds: number }
  | {
      kind: 'response'
      endpoints: string[]
      status: number
      header: Record<string, string>
      body: string
    }

type OfKind<K extends Overlay['kind']> = Extract<Overlay, { kind: K }>
/** What answers instead of an endpoint. */
export type Takeover = OfKind<'outage' | 'response'>

interface Laid {
  overlay: Overlay
  /** Resolves when the overlay is taken away. */
  ended: Promise<void>
  end: () => void
}

/**
 * Deviations that lie over each other and over the conformant answers. Each is taken away by
 * itself, in any order, and what the others do stays as it is.
 */
export class Overlays {
  #laid: Laid[] = []

  /** Lays one over the others and gives the undoing, which does nothing the second time. */
  lay(overlay: Overlay): () => Promise<void> {
    let end = (): void => undefined
    const ended = new Promise<void>((resolve) => (end = resolve))
    const laid = { overlay, ended, end }
    this.#laid.push(laid)
    return () => {
      this.#laid = this.#laid.filter((each) => each !== laid)
      end()
      return Promise.resolve()
    }
  }

  /** All of a kind, oldest first. */
  of<K extends Overlay['kind']>(kind: K): OfKind<K>[] {
    return this.#laid.flatMap(({ overlay }) =>
      overlay.kind === kind ? [overlay as OfKind<K>] : [],
    )
  }

  /** The latest that answers instead of an endpoint, and when it will be taken away. */
  over(endpoint: string): { takeover: Takeover; ended: Promise<void> } | null {
    for (const { overlay, ended } of this.#laid.toReversed()) {
      const answers = overlay.kind === 'outage' || overlay.kind === 'response'
      if (answers && overlay.endpoints.includes(endpoint)) return { takeover: overlay, ended }
    }
    return null
  }

  /** Takes everything away. */
  clear(): void {
    for (const { end } of this.#laid.splice(0)) end()
  }
}
