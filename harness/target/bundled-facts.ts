import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Facts } from '../model.ts'
import { isObject, parseJson } from '../protocol/json.ts'
import { bundledProgram, packageRoot } from './bundled.ts'

/** What a bundled server declares of itself: as the build wrote it, or from the YAML where that is newer. */
export async function bundledFacts(name: string): Promise<Facts> {
  return (await readCompiled(name)) ?? (await readSourceOf(name))
}

/** Part of the build: so that a run need not load a parser of YAML. */
export async function compileFacts(name: string): Promise<void> {
  if ((await readCompiled(name)) !== null) return
  await writeFile(await compiledFile(name), JSON.stringify(await readSourceOf(name)))
}

async function readSourceOf(name: string): Promise<Facts> {
  const { readSource } = await import('../scenario/source.ts')
  const { value } = await readSource(await sourceFile(name))
  return (isObject(value) ? value['facts'] : {}) as Facts
}

async function readCompiled(name: string): Promise<Facts | null> {
  try {
    const [source, compiled] = [await sourceFile(name), await compiledFile(name)]
    const [edited, made] = await Promise.all([stat(source), stat(compiled)])
    if (edited.mtimeMs > made.mtimeMs) return null
    return (parseJson(await readFile(compiled, 'utf8')) ?? null) as Facts | null
  } catch {
    return null
  }
}

async function sourceFile(name: string): Promise<string> {
  return path.join(await packageRoot(), 'reference-servers', name, 'facts.yaml')
}

async function compiledFile(name: string): Promise<string> {
  return path.join(path.dirname(await bundledProgram(name)), 'facts.json')
}
