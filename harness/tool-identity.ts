import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { packageRoot } from './target/bundled.ts'

/** Name and version of this package, as reports and requests carry them. */
export async function toolIdentity(): Promise<{ name: string; version: string }> {
  const text = await readFile(path.join(await packageRoot(), 'package.json'), 'utf8')
  const { name, version } = JSON.parse(text) as { name: string; version: string }
  return { name, version }
}
