import { blocksOf, blocksOfEnd } from './find-secrets.ts'

/** Characters beyond which a text hardly comes again. */
const longest = 2048
/** Texts, and blocks of them, that are kept: a few megabytes. */
const mostTexts = 2_000
const mostBlocks = 30_000

/**
 * What became of texts that were redacted twice, since names of headers, claims and most answers come
 * again and again. All are forgotten once a pattern is known that one of them holds.
 */
export class RedactedTexts {
  /** By the header field whose value the text is; the empty name is for any other place. */
  private readonly results = new Map<string, Map<string, string>>()
  private readonly blocks = new Set<number>()
  private readonly met = new Set<string>()
  private texts = 0

  get(field: string, text: string): string | undefined {
    return this.results.get(field)?.get(text)
  }

  keep(field: string, text: string, redacted: string): void {
    if (text.length > longest) return
    if (this.met.size >= mostTexts) this.met.clear()
    if (!this.met.has(text)) return void this.met.add(text)
    if (this.texts >= mostTexts || this.blocks.size > mostBlocks) this.forget()
    const results = this.results.get(field) ?? new Map<string, string>()
    this.results.set(field, results.set(text, redacted))
    this.texts += 1
    for (const hash of blocksOf(text)) this.blocks.add(hash)
  }

  /** Another pattern is known from now on. */
  learn(pattern: string): void {
    const mayHold = blocksOfEnd(pattern).some(({ hash }) => this.blocks.has(hash))
    if (mayHold && this.holds(pattern)) this.forget()
  }

  private holds(pattern: string): boolean {
    for (const results of this.results.values())
      for (const text of results.keys()) if (text.includes(pattern)) return true
    return false
  }

  /** For a secret that was known under a lesser name. */
  forget(): void {
    this.results.clear()
    this.blocks.clear()
    this.texts = 0
  }
}
