import { describe, expect, it } from 'vitest'
import { stepMembers } from '../scope.ts'
import { stepOf } from './tested-step.ts'
import type { TestedAnswer } from './tested-step.ts'
import { stepView } from './view.ts'

const result = { jsonrpc: '2.0', id: 1, result: { tools: [] } }
const stream = (count: number): TestedAnswer => ({
  headers: [['Content-Type', 'text/event-stream']],
  body: `data: ${JSON.stringify(result)}\n\n`.repeat(count),
})

describe('the view of a step', () => {
  it.each<[string, TestedAnswer, string]>([
    ['no answer', { status: null }, 'no answer'],
    ['a 401 without a result', { status: 401 }, 'refused'],
    ['a 401 with a result', { status: 401, body: result }, 'status 401'],
    ['a 403', { status: 403 }, 'status 403'],
    ['a 200 without a result', { status: 200, body: '<html>' }, 'status 200'],
    ['a 200 with a result', { status: 200, body: result }, 'accepted'],
    ['a 200 with a result in a stream', stream(1), 'accepted'],
  ])('decides %s', (_, answer, decision) => {
    expect(stepOf([answer]).answers[0]?.decision).toBe(decision)
  })

  it('takes the record of the verb before the body, also when it is null', () => {
    expect(stepOf([{ body: '{"a":1}', json: null }]).answers[0]?.json).toBeNull()
  })

  it('takes the message out of a stream, and a list out of several', () => {
    expect(stepOf([stream(1)]).answers[0]).toMatchObject({ json: result, eventStream: true })
    expect(stepOf([stream(2)]).answers[0]?.json).toEqual([result, result])
    expect(stepOf([stream(0)]).answers[0]?.json).toBeUndefined()
  })

  it('knows where a redirect leads, and without one its own address', () => {
    const destinationOf = (answer: TestedAnswer) => stepMembers(stepOf([answer]))['destination']
    const location: [string, string][] = [['Location', '/next']]
    expect(destinationOf({ status: 302, headers: location })).toBe('https://h.example/next')
    expect(destinationOf({ url: 'https://h.example/a' })).toBe('https://h.example/a')
  })

  it('joins the lines of a header, whatever its letter case', () => {
    const [answer] = stepOf([
      {
        headers: [
          ['A', '1'],
          ['b', '2'],
          ['a', '3'],
        ],
      },
    ]).answers
    expect(answer?.header('a')).toBe('1, 3')
    expect(answer?.header('c')).toBeUndefined()
  })

  it('keeps markers in challenge parameters, and does not blame the server for them', () => {
    const line = 'Bearer error_description=‹access_token#1›'
    const [answer] = stepOf([{ status: 401, headers: [['www-authenticate', line]] }]).answers
    expect(answer?.challenge.wellFormed).toBe(true)
    expect(answer?.challenge.challenges[0]?.parameters).toEqual({
      error_description: '‹access_token#1›',
    })
  })

  it('without a round trip in the record is an answer that never came', () => {
    const evidence = {
      name: 'a',
      verb: 'send',
      answers: [{ roundTrip: 9 }],
      roundTrips: [9],
      elapsed: 0,
    } as const
    const view = stepView(
      { ...evidence, answers: [...evidence.answers], roundTrips: [9] },
      new Map(),
    )
    expect(view.answers[0]).toMatchObject({ status: null, json: undefined, decision: 'no answer' })
  })
})
