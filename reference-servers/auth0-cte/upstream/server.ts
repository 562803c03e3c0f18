import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readRequired, type Environment } from '../../resource-server/config.ts'
import type { Program, RunningServer } from '../../resource-server/run-program.ts'
import { readDomain } from '../settings.ts'
import { createApi, type ApiConfig } from './api.ts'
import { apiRules, type ApiRules } from './refusals.ts'

/** The API behind the MCP server; it takes tokens for itself alone. */
export const auth0Api: Program = {
  name: 'auth0-cte/upstream',
  start: async (env) => start(readConfig(env), await readRules(env['FAULT'])),
  faults: async () => ({ faults: (await import('./faults.ts')).apiFaults, original: [] }),
}

interface Listening extends ApiConfig {
  host: string
  port: number
}

function readConfig(env: Environment): Listening {
  const baseUrl = env['API_BASE_URL'] || 'http://localhost:8787'
  if (!URL.canParse(baseUrl)) throw new Error(`API_BASE_URL is "${baseUrl}", which is not a URL.`)
  return {
    issuer: `https://${readDomain(env)}/`,
    audience: readRequired(env, 'API_AUTH0_AUDIENCE', 'the identifier of this API'),
    host: env['HOST'] || '127.0.0.1',
    port: Number(new URL(baseUrl).port || 80),
  }
}

/** Both processes are given the same FAULT; the names of the other one are passed over. */
async function readRules(list = ''): Promise<ApiRules> {
  if (list === '') return apiRules
  const { apiFaults } = await import('./faults.ts')
  const { original } = await import('../faults.ts')
  const names = list.split(',').flatMap((each) => (each === 'original' ? original : [each.trim()]))
  let rules = apiRules
  for (const name of names) rules = { ...rules, ...apiFaults[name]?.plant(rules) }
  return rules
}

async function start(config: Listening, rules: ApiRules): Promise<RunningServer> {
  const server = createServer(createApi(config, rules))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(config.port, config.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${config.host}:${port}/api/private-scope`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
