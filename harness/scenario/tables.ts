import type { Position } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import type { SourceFile } from './source.ts'

/** What can be named in a scenario: the file's own words hide the vocabulary's. */
export interface Tables {
  file: string
  expectation(name: string): JsonValue | undefined
  token(name: string): JsonObject | undefined
  probe(name: string): { value: JsonObject; holder: SourceFile } | undefined
  /** The key under which the condition is kept for the whole run. */
  condition(name: string): { key: string; value: JsonObject; holder: SourceFile } | undefined
  names(table: 'expectations' | 'tokens' | 'probes' | 'conditions'): string[]
}

const member = (source: SourceFile, table: string): JsonObject => {
  const value = isObject(source.value) ? source.value[table] : undefined
  return isObject(value) ? value : {}
}

/** The words visible in `source`: its own, then those of the vocabularies. */
export function tablesOf(source: SourceFile, vocabularies: SourceFile[]): Tables {
  const sources = [source, ...vocabularies.filter((each) => each !== source)]
  const find = (
    table: string,
    name: string,
  ): { value: JsonValue; holder: SourceFile } | undefined => {
    for (const holder of sources) {
      const value = member(holder, table)[name]
      if (value !== undefined) return { value, holder }
    }
    return undefined
  }
  const map = (
    table: string,
    name: string,
  ): { value: JsonObject; holder: SourceFile } | undefined => {
    const found = find(table, name)
    return found && isObject(found.value) ? { value: found.value, holder: found.holder } : undefined
  }
  return {
    file: source.file,
    expectation: (name) => find('expectations', name)?.value,
    token: (name) => map('tokens', name)?.value,
    probe: (name) => map('probes', name),
    condition: (name) => {
      const found = map('conditions', name)
      return (
        found && {
          ...found,
          key: vocabularies.includes(found.holder) ? name : `${found.holder.file}#${name}`,
        }
      )
    },
    names: (table) => [...new Set(sources.flatMap((holder) => Object.keys(member(holder, table))))],
  }
}

/** The first place of a file. */
export function startOf(file: string): Position {
  return { file, line: 1, column: 1 }
}
