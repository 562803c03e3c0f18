#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { providerNames } from '../harness/conformance-options.ts'
import type { ProviderName } from '../harness/conformance-options.ts'
import { bundledServers, keyModes } from '../harness/target/bundled.ts'
import type { IssuerFlags } from './issuer-command.ts'
import type { RunFlags } from './run-command.ts'

/*
 * Wiring only: what can be typed, and which file does it. Everything else is imported when a command
 * needs it, so that help and version answer at once.
 */
const revisions = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28']
const name = 'mcp-auth-conformance'

function collect(value: string, all: string[] = []): string[] {
  return [...all, value]
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Allowed: a whole number.')
  return Number(text)
}

function secondsAsMilliseconds(text: string): number {
  return wholeNumber(text) * 1000
}

const serverNames = Object.keys(bundledServers).toSorted().join(', ')

const program = new Command(name)
  .description('Is the authorization of my MCP server right, and if not, what do I change?')
  .version('0.1.0', '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .showSuggestionAfterError(true)
  .showHelpAfterError(`(${name} --help tells more)`)
  .enablePositionalOptions()
  .exitOverride()
  .addHelpText(
    'before',
    `Examples
  ${name} run --url https://api.example.com/mcp
  ${name} run --command "node server.js" --url http://127.0.0.1:{{target.port}}/mcp --issuer local
  ${name} run --image my-server --env ISSUER={{issuer.url}} --issuer local
  ${name}                        the five bundled servers, with mocks of their providers
`,
  )

const run = program
  .command('run', { isDefault: true })
  .description('judge a server: yours by URL, command or image, or a bundled one')
  .argument('[url]', 'the MCP endpoint, the same as --url')
  .option(
    '--url <url>',
    'the MCP endpoint; with --command or --image where it will answer ({{target.port}} is a free port)',
  )
  .option(
    '--command <line>',
    'start this server and judge it; {{issuer.url}}, {{issuer.jwks_uri}} … are filled in',
  )
  .option('--image <name>', 'start a container of this image and judge it (Docker or Podman)')
  .option(
    '--port <n>',
    'where the server listens in its container (else as it exposes)',
    wholeNumber,
  )
  .option(
    '-e, --env <name=value>',
    'a variable of the server that is started; {{…}} is filled in (repeatable)',
    collect,
  )
  .option(
    '--host-address <ip>',
    'where mocks listen for containers (else at the bridge of the engine)',
  )
  .option('--server <name>', `judge a bundled server: ${serverNames}`)
  .option(
    '--config <file>',
    'read mcp-auth-conformance.yaml from here (searched upwards otherwise)',
  )
  .addOption(
    new Option('--issuer <provider>', 'run a mock issuer that the server trusts').choices(
      providerNames,
    ),
  )
  .option('--token-env <name>', 'take a valid token from this environment variable')
  .option('--token-file <file>', 'take a valid token from this file')
  .option('--scope <scopes>', 'scopes that every call needs, separated by blanks')
  .option(
    '--tool <role=name>',
    'which tool plays a role, as in safe=list_items (repeatable)',
    collect,
  )
  .option(
    '--header <name:value>',
    'send this header to the target; {{env.NAME}} is filled in (repeatable)',
    collect,
  )
  .addOption(
    new Option(
      '--revision <revision>',
      'the MCP revision to judge by; negotiated unless given',
    ).choices(revisions),
  )
  .addOption(
    new Option('--role <role>', 'which role to judge')
      .choices(['resource-server'])
      .default('resource-server'),
  )
  .option('--scenarios <place>', 'add scenarios from this folder or file (repeatable)', collect)
  .option('--only <glob>', 'run only checks whose id matches, as in token.* (repeatable)', collect)
  .option('--skip <glob>', 'leave out checks whose id matches (repeatable)', collect)
  .option('--strict', 'a broken SHOULD fails the run too')
  .option('--require-all', 'untested checks make the run inconclusive (exit 4)')
  .option('--allow-inconclusive', 'inconclusive checks do not')
  .option('--allow-writes', 'call tools that may change data on a remote target')
  .option(
    '--allow-host <host>',
    'fetch URLs on this host when the target names them (repeatable)',
    collect,
  )
  .option('--ca <file>', 'trust this certificate authority (PEM)')
  .option(
    '--reporter <name[=path]>',
    'terminal, html, json, junit; "-" as path is standard output (repeatable)',
    collect,
  )
  .option('--out <dir>', 'write reports here', 'conformance-report')
  .option('--json', 'print report.json on standard output and nothing else there')
  .option('--quiet', 'print violations and the verdict only')
  .option('--verbose', 'print remarks and every check')
  .option('--concurrency <n>', 'requests at a time (32 on loopback, else 4)', wholeNumber)
  .option('--timeout <ms>', 'longest wait for one answer (10000)', wholeNumber)
  .option(
    '--wait-for <s>',
    'longest wait until a started server answers (30)',
    secondsAsMilliseconds,
  )
  .option('--browser', 'log in with a real Chromium (Playwright) and keep screenshots')
  .option('--max-wait <s>', 'longest declared wait of one check (45)', secondsAsMilliseconds)
  .option(
    '--instances <n>',
    'instances of a started server at once; 1 if they share a database (6; image: 3; bundled: 10)',
    wholeNumber,
  )
  .addOption(new Option('--token <token>').hideHelp())
  .addOption(
    new Option('--fault <names>', 'plant faults in the bundled server, to see what catches them'),
  )
  .addOption(
    new Option('--keys <mode>', 'how local-rsa learns whether a token holds').choices(keyModes),
  )
  .action(async (url: string | undefined, flags: RunFlags) => {
    const { runCommand } = await import('./run-command.ts')
    process.exitCode = await runCommand(
      url === undefined ? flags : { ...flags, url },
      commandLine(),
      program.commands.map((command) => command.name()),
    )
  })
run.addHelpText(
  'after',
  `
Exit codes  0 conformant or unconfirmed   1 violations   2 wrong usage   3 not reachable, or no MCP server
            4 inconclusive or not graded  70 our own error  130 interrupted (the partial result is written)`,
)

program
  .command('list')
  .description('list the checks, one line each')
  .option('--only <glob>', 'only those whose id matches (repeatable)', collect)
  .option('--faults', 'list the planted faults and the checks that catch them')
  .option('--scenarios <place>', 'add scenarios from this folder or file (repeatable)', collect)
  .action(async (flags: { only?: string[]; faults?: boolean; scenarios?: string[] }) => {
    const { listCommand } = await import('./list-command.ts')
    process.exitCode = await listCommand(flags)
  })

program
  .command('explain')
  .description('tell all about one requirement: level, clauses, probe, checks, hint')
  .argument('<id>', 'a requirement or check, as in token.audience-mismatch-rejected')
  .option('--scenarios <place>', 'add scenarios from this folder or file (repeatable)', collect)
  .action(async (id: string, flags: { scenarios?: string[] }) => {
    const { explainCommand } = await import('./explain-command.ts')
    process.exitCode = await explainCommand(id, flags.scenarios ?? [])
  })

program
  .command('validate')
  .description('check scenario and configuration files: all errors at once')
  .argument('<file...>', 'YAML files or folders')
  .action(async (files: string[]) => {
    const { validateCommand } = await import('./validate-command.ts')
    process.exitCode = await validateCommand(files)
  })

program
  .command('serve')
  .description('run a reference server with its mock issuer until Ctrl-C')
  .argument('<name>', serverNames)
  .option(
    '--fault <names>',
    'plant faults, separated by commas; original plants those of the published example',
  )
  .addOption(
    new Option('--issuer <provider>', 'play another provider than the one it is made for').choices(
      providerNames,
    ),
  )
  .action(async (server: string, flags: { fault?: string; issuer?: ProviderName }) => {
    const { serveCommand } = await import('./serve-command.ts')
    process.exitCode = await serveCommand(server, flags)
  })

program
  .command('issuer')
  .description('run a mock identity provider until Ctrl-C')
  .addArgument(program.createArgument('[provider]', 'which one').default('local'))
  .option('--port <port>', 'listen here (a free port unless given)', wholeNumber)
  .option('--https', 'serve https, with a certificate of an own authority that it names')
  .option('--as <url>', 'the URL that the issuer calls its own, where requests are taken to it')
  .option('--seed <file>', 'YAML with users, clients, resources, organizations, scopes')
  .option('--fault <names>', 'plant faults, separated by commas')
  .option('--list-faults', 'list the faults that can be planted')
  .option('--control [port]', "serve the tester's powers as an HTTP API on loopback", wholeNumber)
  .action(async (provider: string, flags: IssuerFlags) => {
    const { issuerCommand } = await import('./issuer-command.ts')
    process.exitCode = await issuerCommand(provider, flags)
  })

/** As it was typed, for the report; what an environment variable holds may be a secret, unless it is a template. */
function commandLine(): string {
  const quoted = process.argv
    .slice(2)
    .map((word, index, words) => {
      const isPair = /^(-e|--env)$/.test(words[index - 1] ?? '') || /^(-e|--env=)\w+=/.test(word)
      return isPair ? word.replace(/^((?:-e|--env=)?\w+=)(?!.*\{\{).*$/s, '$1…') : word
    })
    .map((word) =>
      /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`,
    )
  return [name, ...quoted].join(' ')
}

// whoever reads our output may stop, as head does; the reports are written all the same
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    const { reportFailure } = await import('./failure.ts')
    process.exitCode = await reportFailure(error)
  }
}
