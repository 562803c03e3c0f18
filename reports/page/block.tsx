/**
 * Preformatted text. A long one scrolls in its box, and then it can be reached by keyboard.
 */
import type { ComponentChildren, VNode } from 'preact'

const longText = 1500
const manyLines = 20

interface BlockProps {
  /** The text that `children` shows, to measure it. */
  text: string
  children?: ComponentChildren
}

export function Block({ text, children }: BlockProps): VNode {
  const long = text.length > longText || text.split('\n').length > manyLines
  return <pre {...(long ? { tabIndex: 0 } : {})}>{children ?? text}</pre>
}
