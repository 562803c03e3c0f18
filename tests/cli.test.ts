import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import type { RunResult } from '../harness/model.ts'

const main = path.resolve(import.meta.dirname, '../dist/cli/main.js')
const folder = mkdtempSync(path.join(tmpdir(), 'cli-'))

function run(
  args: string[],
  env: Record<string, string> = {},
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, CI: 'true', ...env },
  })
}

it('prints help with two examples first', () => {
  const { status, stdout } = run(['--help'])
  expect(status).toBe(0)
  expect(stdout.indexOf('Examples')).toBeLessThan(stdout.indexOf('Usage'))
  expect(stdout).not.toContain('\u001B')
})

it.each([
  [['--repoter', 'json'], /Did you mean --reporter\?/],
  [['run', '--revision', '2024-01-01'], /Allowed choices are 2025-03-26/],
  [['--token', 'abc', 'http://127.0.0.1:1/mcp'], /--token-env NAME or --token-file FILE/],
  [['api.example.com/mcp'], /is not a URL of an MCP endpoint/],
  [['lst'], /"lst" is neither a command nor a URL; did you mean "list"\?/],
  [['--server', 'local-rsa', '--only', 'tokn.*'], /matches no check/],
  [['--server', 'lokal'], /no bundled server "lokal"/],
  [['--server', 'local-rssa'], /did you mean "local-rsa"\?/],
  [['serve', 'local-rssa'], /did you mean "local-rsa"\?/],
  [['--server', 'local-rsa', '--fault', 'skip-audienc'], /did you mean "skip-audience"\?/],
  [['serve', 'local-rsa', '--fault', 'skip-audienc'], /did you mean "skip-audience"\?/],
  [['--server', 'local-rsa', '--reporter', 'htm'], /^error: .*did you mean "html"\?/],
  [
    ['--server', 'local-rsa', '--tool', 'saef=list_notes'],
    /facts.tool declares "saef", which no scenario asks for; did you mean "safe"\?/,
  ],
  [['--json'], /are for the report of one server/],
  [['run', '--reporter', 'junit'], /are for the report of one server/],
  [['--fault', 'skip-audienc'], /did you mean "skip-audience"\?/],
  [['issuer', 'scalekitt'], /did you mean "scalekit"\?/],
  [['issuer', '--fault', 'plain-acceptd'], /did you mean "plain-accepted"\?/],
  [
    ['explain', 'token.audience-mismatched-rejected'],
    /did you mean "token.audience-mismatch-rejected"/,
  ],
  [['explain', 'token.audience'], /those that begin so:\n {2}token\.audience-mismatch-rejected\n/],
  [
    ['--command', 'true', '--url', 'http://127.0.0.1:{{target.prot}}/mcp'],
    /\{\{target\.prot\}\} stands for nothing; did you mean "target\.port"\?/,
  ],
  [['--token-env', 'NO_SUCH_VARIABLE', 'http://127.0.0.1:1/mcp'], /no variable NO_SUCH_VARIABLE/],
])('refuses %j with what is allowed, exit 2', (args, message) => {
  const { status, stdout, stderr } = run(args)
  expect(stderr).toMatch(message)
  expect(status).toBe(2)
  expect(stdout).toBe('')
})

it('refuses a token that was copied with its header, exit 2', () => {
  for (const TOKEN of ['Bearer abc', '"abc"']) {
    const { status, stderr } = run(['--token-env', 'TOKEN', 'http://127.0.0.1:1/mcp'], { TOKEN })
    expect(stderr).toMatch(/the token holds blanks or quotes/)
    expect(status).toBe(2)
  }
})

it('ends as ever where nobody reads its output', { timeout: 60_000 }, () => {
  const script = '"$0" "$1" --server local-rsa --only prm.resource-present --json --out "$2" | true'
  const { status, stderr } = spawnSync(
    'bash',
    ['-c', `${script}; exit "\${PIPESTATUS[0]}"`, process.execPath, main, folder],
    { encoding: 'utf8' },
  )
  expect(stderr).not.toContain('EPIPE')
  expect(status).toBe(0)
})

it('says of a closed port that it could not be reached, exit 3', () => {
  const { status, stdout } = run(['http://127.0.0.1:1/mcp', '--out', folder])
  expect(stdout).toContain('could not be reached')
  expect(status).toBe(3)
})

it.each([['-e', 'KEY=hunter2hunter2'], ['--env=KEY=hunter2hunter2'], ['-eKEY=hunter2hunter2']])(
  'keeps the values of %s out of the report, but for templates',
  (...given) => {
    const out = mkdtempSync(path.join(tmpdir(), 'cli-'))
    const pairs = [...given, '-e', 'ISSUER={{issuer.url}}']
    run(['run', '--url', 'http://127.0.0.1:1/mcp', ...pairs, '--out', out])
    const report = readFileSync(path.join(out, 'report.json'), 'utf8')
    expect(report).not.toContain('hunter2')
    expect((JSON.parse(report) as RunResult).command).toContain('KEY=…')
    expect((JSON.parse(report) as RunResult).command).toContain("'ISSUER={{issuer.url}}'")
  },
)

it('shows what a command printed that ended at once, exit 3', () => {
  const { status, stderr } = run(['--command', 'echo no database >&2; exit 7'])
  expect(stderr).toContain('ended with exit code 7')
  expect(stderr).toContain('no database')
  expect(status).toBe(3)
})

it('reports all faults of a scenario file with their lines, exit 2', () => {
  const file = path.join(folder, 'broken.yaml')
  writeFileSync(
    file,
    `title: Broken
checks:
  - id: token.audience-mismatch-rejected
    title: A token for another server is refused
    token: { claim: { aud: https://other.example/mcp } }
    expect: refussed
    hint: Compare.
    fault: skip-audience
`,
  )
  const { status, stderr } = run(['validate', file])
  expect(stderr).toMatch(/broken\.yaml:5:14 .*unknown key "claim"; did you mean "claims"/)
  expect(stderr).toMatch(/broken\.yaml:6:13 .*unknown expectation "refussed"/)
  expect(stderr).toContain('> 5 |')
  expect(status).toBe(2)
})

it('reports all faults of a configuration, whatever it is called, exit 2', () => {
  const text = 'target: { comand: node server.mjs }\nissuer: lokal\nfact: {}\n'
  for (const name of ['mcp-auth-conformance.yaml', 'mine.yaml']) {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'cli-')), name)
    writeFileSync(file, text)
    const { status, stderr } = run(['validate', file])
    expect(stderr).toMatch(/:1:11 .*unknown key "comand"; did you mean "command"/)
    expect(stderr).toMatch(/:2:9 .*local/)
    expect(stderr).toMatch(/:3:1 .*unknown key "fact"; did you mean "facts"/)
    expect(status).toBe(2)
    writeFileSync(
      file,
      text.replace('comand', 'command').replace('lokal', 'local').replace('fact:', 'facts:'),
    )
    expect(run(['validate', file]).stdout).toBe('1 file is valid\n')
  }
})

it('knows the facts that a configuration may declare, exit 2', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'cli-')), 'mine.yaml')
  writeFileSync(
    file,
    'target: { command: node server.mjs }\nfacts:\n  target: { documented: [no-audiences] }\n  tool:\n    saef: none\n',
  )
  const { status, stderr } = run(['validate', file])
  expect(stderr).toMatch(/:5:5 facts\.tool: declares "saef".*did you mean "safe"/)
  expect(stderr).toMatch(/:3:25 .*declares "no-audiences".*did you mean "no-audience"/)
  expect(status).toBe(2)
})

it('judges the bundled server and writes its reports, exit 0', { timeout: 60_000 }, () => {
  const { status, stdout, stderr } = run(['--server', 'local-rsa', '--only', 'prm.*'])
  expect(stdout).toContain('CONFORMANT')
  expect(stdout + stderr).not.toContain('\u001B')
  expect(existsSync(path.join(folder, 'conformance-report/report.html'))).toBe(true)
  expect(status).toBe(0)
})

it(
  'names a planted fault, exit 1, with nothing but JSON on standard output',
  { timeout: 60_000 },
  () => {
    const { status, stdout } = run([
      '--server',
      'local-rsa',
      '--fault',
      'skip-audience',
      '--only',
      'token.audience-mismatch-rejected',
      '--json',
      '--out',
      folder,
    ])
    const report = JSON.parse(stdout) as { verdict: { sentence: string } }
    expect(report.verdict.sentence).toContain('1 check is violated')
    expect(status).toBe(1)
  },
)

it('tells a requirement with clauses, probe and checks', () => {
  const { status, stdout } = run(['explain', 'token.expired'])
  expect(stdout).toContain('How it is tested')
  expect(stdout).toMatch(/REJECT +HTTP 401 and no MCP result/)
  expect(stdout).not.toMatch(/^ +BASE +/m)
  expect(stdout).toContain('https://')
  expect(status).toBe(0)
})

it('keeps the version of the package', () => {
  const { version } = JSON.parse(
    readFileSync(path.resolve(main, '../../../package.json'), 'utf8'),
  ) as { version: string }
  expect(run(['--version']).stdout.trim()).toBe(version)
})

it('writes what it has when it is interrupted, exit 130', { timeout: 60_000 }, async () => {
  const out = mkdtempSync(path.join(tmpdir(), 'cli-'))
  const child = spawn(process.execPath, [main, '--server', 'local-rsa', '--out', out], {
    env: { ...process.env, CI: 'true' },
  })
  await once(child.stderr, 'data')
  child.kill('SIGINT')
  const [code] = await once(child, 'exit')
  const report = JSON.parse(readFileSync(path.join(out, 'report.json'), 'utf8')) as RunResult
  expect(code).toBe(130)
  expect(report.verdict.kind).toBe('interrupted')
  expect(report.coverage.outcomes.violation).toBe(0)
  expect(report.coverage.outcomes.untested).toBeGreaterThan(0)
})

it('says in few lines of a token that the server refuses that it may be no good one', async () => {
  const served = spawn(process.execPath, [main, 'serve', 'local-rsa'], { cwd: folder })
  try {
    const [printed] = (await once(served.stdout, 'data')) as [Buffer]
    const [, url = ''] = /^endpoint +(\S+)$/m.exec(printed.toString()) ?? []
    for (const token of [
      'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl',
      'opaque-4711-token',
    ]) {
      const { status, stdout } = run(['run', url, '--token-env', 'TOKEN'], { TOKEN: token })
      expect(stdout).toContain('but the server took the token nowhere')
      expect(stdout).toContain('checks, for one reason')
      expect(stdout).not.toContain('✗')
      expect(stdout.split('\n').length).toBeLessThan(120)
      expect(status).toBe(4)
    }
  } finally {
    served.kill('SIGINT')
    await once(served, 'exit')
  }
})
