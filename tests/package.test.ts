import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')
const text = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const { exports, bin, dependencies, peerDependencies } = JSON.parse(text('package.json')) as {
  exports: Record<string, string | Record<string, string>>
  bin: Record<string, string>
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
}

describe('the package', () => {
  let files: string[] = []
  beforeAll(() => {
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
    })
    const [listed] = JSON.parse(packed) as { files: { path: string }[] }[]
    files = listed?.files.map((file) => file.path) ?? []
  }, 60_000)

  it('holds what its exports and its command name', () => {
    const named = [
      ...Object.values(exports).map((to) => (typeof to === 'string' ? to : Object.values(to))),
      ...Object.values(bin),
    ]
    const wanted = named.flat().map((file) => path.posix.normalize(file))
    expect(wanted.length).toBeGreaterThan(8)
    expect(wanted.filter((file) => !files.includes(file))).toEqual([])
  })

  it('holds no test and no trace of the machine that built it', () => {
    expect(files.filter((file) => file.includes('.test.'))).toEqual([])
    const traces = files.filter(
      (file) => existsSync(path.join(root, file)) && text(file).includes(root),
    )
    expect(traces).toEqual([])
    expect(files).not.toContain('dist/.tsbuildinfo')
  })

  it('imports what it brings along, or what a user may add, and nothing else', () => {
    const specifier =
      /(?:\bfrom |^import |import\()'((?:@[\w.-]+\/)?[a-z][\w.-]*)(?:\/[\w./-]+)?'/gm
    const named = files
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) => [...text(file).matchAll(specifier)].map(([, name]) => name ?? ''))
    const known = [...Object.keys(dependencies), ...Object.keys(peerDependencies)]
    expect([...new Set(named)].filter((name) => !known.includes(name))).toEqual([])
    expect(known.filter((name) => !named.includes(name))).toEqual([])
  })

  it('is found under its own name', async () => {
    const main = (await import('mcp-auth-conformance' as string)) as object
    expect(Object.keys(main)).toEqual(
      expect.arrayContaining(['runConformance', 'rejudge', 'loadScenarios']),
    )
    const inVitest = (await import('mcp-auth-conformance/vitest' as string)) as object
    expect(Object.keys(inVitest)).toEqual(['describeConformance'])
    const schema = JSON.parse(
      readFileSync(
        new URL(import.meta.resolve('mcp-auth-conformance/scenario.schema.json')),
        'utf8',
      ),
    ) as { $schema: string }
    expect(schema.$schema).toContain('json-schema.org')
  })
})
