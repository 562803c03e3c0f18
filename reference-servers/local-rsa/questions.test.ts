import {
  Client as StatelessClient,
  StreamableHTTPClientTransport as StatelessTransport,
} from '@modelcontextprotocol/client'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  closeTestedServers,
  connectClient,
  startTestedServer,
  stateless,
  type TestedServer,
} from './tested-server.ts'

let server: TestedServer
beforeAll(async () => {
  server = await startTestedServer()
})
afterAll(closeTestedServers)

const reminder = { name: 'draft_reminder', arguments: { text: 'water the plants' } }
const drafted = { day: 'Monday', text: 'water the plants' }
const monday = { action: 'accept' as const, content: { day: 'Monday' } }
const able = { capabilities: { elicitation: { form: {} } } }

const connect = (sub = 'alice'): Promise<Client> => connectClient(server, { claims: { sub } }, able)

describe('a tool that asks its user', () => {
  test.each([
    ['accept', { structuredContent: drafted }],
    ['decline', { content: [{ type: 'text', text: 'Nothing was done.' }] }],
  ] as const)('is answered with %s by the client of SDK 1.x', async (action, result) => {
    const client = await connect()
    client.setRequestHandler(ElicitRequestSchema, () => ({ ...monday, action }))
    expect(await client.callTool(reminder)).toMatchObject(result)
    await client.close()
  })

  test.each([
    ['accept', { structuredContent: drafted }],
    ['decline', { content: [{ type: 'text', text: 'Nothing was done.' }] }],
  ] as const)('is answered with %s by the client of SDK 2.x', async (action, result) => {
    const options = { ...able, versionNegotiation: { mode: 'auto' as const } }
    const client = new StatelessClient({ name: 'test', version: '1' }, options)
    client.setRequestHandler('elicitation/create', () => ({ ...monday, action }))
    const headers = { Authorization: `Bearer ${await server.issuer.mint()}` }
    await client.connect(new StatelessTransport(new URL(server.url), { requestInit: { headers } }))
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28')
    expect(await client.callTool(reminder)).toMatchObject(result)
    await client.close()
  })
})

describe('the state of a question', () => {
  interface Answer {
    result?: { resultType?: string; requestState?: string; structuredContent?: object }
    error?: { code: number }
  }

  async function call(params: object, sub = 'alice', target = server): Promise<Answer> {
    const token = await target.issuer.mint({ claims: { sub } })
    const request = stateless('tools/call', { ...reminder, ...params }, able.capabilities)
    return JSON.parse((await target.send({ token, ...request })).text) as Answer
  }
  const inputResponses = { reminder: monday }
  async function stateOf(target = server): Promise<string> {
    const { result } = await call({}, 'alice', target)
    expect(result).toMatchObject({
      resultType: 'input_required',
      requestState: expect.stringMatching(/^v1\./) as string,
    })
    return String(result?.requestState)
  }

  test('is taken from whom it was given to, for the call that it was made for', async () => {
    const { result } = await call({ inputResponses, requestState: await stateOf() })
    expect(result?.structuredContent).toEqual(drafted)
  })

  test.each<[string, (state: string) => object, string?]>([
    ['altered', (state) => ({ requestState: state.replace(/.(?=\.)/g, '_') })],
    ['from somebody else', (requestState) => ({ requestState }), 'bob'],
    [
      'for another call',
      (requestState) => ({ requestState, arguments: { text: 'burn the plants' } }),
    ],
  ])('is refused %s', async (_how, params, sub) => {
    const { error } = await call({ inputResponses, ...params(await stateOf()) }, sub)
    expect(error?.code).toBe(-32602)
  })

  test('is refused late', async () => {
    const hasty = await startTestedServer({ ANSWER_WITHIN: '0' })
    const requestState = await stateOf(hasty)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const { error } = await call({ inputResponses, requestState }, 'alice', hasty)
    expect(error?.code).toBe(-32602)
  })
})

describe('a task', () => {
  const waiting = { name: 'wait', arguments: { milliseconds: 50 } }
  const listed = async (client: Client): Promise<string[]> =>
    (await client.experimental.tasks.listTasks()).tasks.map(({ taskId }) => taskId)

  test('gives its result to its owner, in any session, and to nobody else', async () => {
    const [alice, again, bob] = await Promise.all([connect(), connect(), connect('bob')])
    await alice.listTools()
    const stream = alice.experimental.tasks.callToolStream(waiting, undefined, { task: {} })
    const messages = []
    for await (const message of stream) messages.push(message)
    const created = messages.find(({ type }) => type === 'taskCreated')
    const id = created && 'task' in created ? created.task.taskId : ''
    expect(messages.at(-1)).toMatchObject({ result: { content: [{ text: 'Waited.' }] } })
    expect(await listed(again)).toContain(id)
    expect(await listed(bob)).not.toContain(id)
    await expect(bob.experimental.tasks.getTask(id)).rejects.toThrow('not found')
    await Promise.all([alice.close(), again.close(), bob.close()])
  })
})
