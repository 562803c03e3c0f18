import { readFile } from 'node:fs/promises'
import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Node, ParsedNode } from 'yaml'
import type { Position } from '../model.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { problem } from './problem.ts'
import type { Problem } from './problem.ts'

/**
 * Where each value of a file is written. A container keeps the positions of its members, so that a
 * value that was copied or built from a matrix still points to the line that a person must change.
 */
const positions = new WeakMap<object, Map<string, { key: Position; value: Position }>>()

/** One YAML file as plain values whose positions `positionOf` finds again. */
export interface SourceFile {
  file: string
  text: string
  value: JsonValue
  problems: Problem[]
}

/** Reads a YAML file. Syntax errors, anchors, aliases and tags become problems, never exceptions. */
export async function readSource(file: string): Promise<SourceFile> {
  return parseSource(file, await readFile(file, 'utf8'))
}

export function parseSource(file: string, text: string): SourceFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const problems = document.errors.map((error) =>
    problem(
      at(error.pos[0]),
      '',
      (error.message.split('\n')[0] ?? error.message).replace(/ at line \d+, column \d+:?$/, ''),
    ),
  )
  const startOf = (node: Node | null | undefined): Position => at(node?.range?.[0] ?? 0)

  const read = (node: ParsedNode | null): JsonValue => {
    if (node === null) return null
    if (isAlias(node)) {
      problems.push(
        problem(
          startOf(node),
          '',
          'aliases are not part of the language; use a named recipe, expectation or probe',
        ),
      )
      return null
    }
    if (node.anchor !== undefined || node.tag?.startsWith('!') === true) {
      problems.push(problem(startOf(node), '', 'anchors and tags are not part of the language'))
    }
    if (isScalar(node)) return node.value as JsonValue
    if (isSeq(node)) {
      const list: JsonValue[] = []
      const table = new Map<string, { key: Position; value: Position }>()
      node.items.forEach((item, index) => {
        const position = startOf(item as Node)
        table.set(String(index), { key: position, value: position })
        list.push(read(item as ParsedNode))
      })
      positions.set(list, table)
      return list
    }
    if (!isMap(node)) return null
    const map: JsonObject = {}
    const table = new Map<string, { key: Position; value: Position }>()
    for (const pair of node.items) {
      const name = String(isScalar(pair.key) ? pair.key.value : pair.key)
      const key = startOf(pair.key as Node)
      table.set(name, { key, value: pair.value === null ? key : startOf(pair.value as Node) })
      map[name] = read(pair.value as ParsedNode | null)
    }
    positions.set(map, table)
    return map
  }
  // half a file would only raise faults that are not there
  const readable = document.errors.every(({ code }) => code === 'DUPLICATE_KEY')
  const value = readable ? read(document.contents as ParsedNode | null) : null
  return { file, text, value, problems }
}

/** Where the member at `path` is written; the nearest known ancestor when it is not written at all. */
export function positionOf(
  root: JsonValue,
  path: PropertyKey[],
  fallback: Position,
  side: 'key' | 'value' = 'value',
): Position {
  let position = fallback
  let value: JsonValue | undefined = root
  for (const segment of path) {
    if (typeof value !== 'object' || value === null) break
    const entry = positions.get(value)?.get(String(segment))
    if (entry) position = side === 'key' ? entry.key : entry.value
    value = (value as Record<string, JsonValue>)[String(segment)]
  }
  return position
}

/** Where nothing better is known. */
export const startPosition: Position = { file: '', line: 1, column: 1 }

/** Says that `container[name]` is written where `from[fromName]` is. */
export function copyPosition(
  container: object,
  name: string,
  from: object,
  fromName: string,
): void {
  const entry = positions.get(from)?.get(fromName)
  if (!entry) return
  const table = positions.get(container) ?? new Map<string, { key: Position; value: Position }>()
  table.set(name, { key: table.get(name)?.key ?? entry.key, value: entry.value })
  positions.set(container, table)
}
