import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')

/** The files of `harness/` that judge: no clock, no network. */
const judging =
  '(coverage|conclude|expect|fact-obstacles|facts|find-secrets|judge|judge-condition|level|rejudge|plain-form|plan|record|redact|redact-header|redact-shape|redacted-texts|saw-protection|scope|secret-forms|select|summary)\\.ts'
const pure = new RegExp(`^harness/(scenario/|${judging})`)

/** Which folders or files a folder may import from; the first matching row counts. */
const layers: [from: RegExp, may: RegExp][] = [
  [/^harness\/protocol\//, /^harness\/protocol\//],
  [/^harness\/model(\.ts|\/)/, /^harness\/(model|protocol)\//],
  [/^harness\/matchers\//, /^harness\/(model\.ts|protocol\/|matchers\/)/],
  [pure, new RegExp(`^harness/(model\\.ts|protocol/|matchers/|scenario/|${judging})`)],
  [/^harness\/(index|vitest|wiring)\.ts$/, /./],
  [/^harness\//, /^harness\//],
  [/^mocks\//, /^(mocks|fixtures\/keys)\//],
  [/^fixtures\//, /^fixtures\//],
  [/^reference-servers\//, /^reference-servers\//],
  [/^reports\//, /^(reports\/|harness\/model\.ts|harness\/protocol\/json\.ts)/],
  [/^(cli|tests|bench)\//, /./],
]

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`
    if (entry.isDirectory()) return sources(name)
    return /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) ? [name] : []
  })
}

it('lets each folder import only what its layer may know', () => {
  const files = ['harness', 'mocks', 'fixtures', 'reference-servers', 'reports', 'cli'].flatMap(
    sources,
  )
  const foreign = files.flatMap((file) => {
    const text = readFileSync(path.join(root, file), 'utf8')
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map(
      (match) => match[1] ?? '',
    )
    const row = layers.find(([from]) => from.test(file))
    return imports
      .map((target) => path.posix.normalize(path.posix.join(path.posix.dirname(file), target)))
      .filter((target) => !row?.[1].test(target))
      .map((target) => `${file} imports ${target}`)
  })
  expect(files.length).toBeGreaterThan(50)
  expect(foreign).toEqual([])
})
