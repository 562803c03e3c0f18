import { calculatePKCECodeChallenge } from 'oauth4webapi'
import { expect, it } from 'vitest'
import type { ProbeState } from '../steps/probe-state.ts'
import { Person } from './sdk-client.ts'
import { blankPage } from './user-agent.ts'

/** A browser that comes back with the code that the URL names, when it is let. */
function stateOf(letBack: Map<string, () => void>): ProbeState {
  const visit = async (url: string) => {
    const code = new URL(url).searchParams.get('code') ?? ''
    await new Promise<void>((resolve) => letBack.set(code, resolve))
    return { agent: {}, page: { ...blankPage, callback: { code } } }
  }
  const user = { username: 'alice', password: 'wonderland' }
  return {
    run: { facts: { user: { a: user } }, register: (text: string) => text },
    ensureLogin: async () => ({ visit, takeRoundTrips: () => [] }),
  } as unknown as ProbeState
}

it.each([
  ['one', 'two'],
  ['two', 'one'],
])('of two logins the code of the last (%s, %s) goes with its own verifier', async (...ends) => {
  const letBack = new Map<string, () => void>()
  const person = new Person(stateOf(letBack), [])
  const logins = ['one', 'two'].map(async (code) => {
    person.saveCodeVerifier(`verifier of ${code}`)
    const challenge = await calculatePKCECodeChallenge(`verifier of ${code}`)
    await person.redirectToAuthorization(
      new URL(`https://issuer.example/authorize?code=${code}&code_challenge=${challenge}`),
    )
  })
  await expect.poll(() => letBack.size).toBe(2)
  for (const [index, code] of ends.entries()) {
    letBack.get(code)?.()
    await expect.poll(() => person.code).toBe(code)
    await (index === 1 ? Promise.all(logins) : null)
  }
  expect([person.code, person.codeVerifier()]).toEqual([ends[1], `verifier of ${ends[1]}`])
})
