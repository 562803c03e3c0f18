import { expect, it } from 'vitest'
import { redirectGoal } from './redirect-goal.ts'

const from = 'http://auth.example:8080/mcp'

it.each([
  'https://auth.example/mcp',
  'http://auth.example:8080/mcp/',
  'http://auth.example:8080//MCP?session=1',
  'http://auth.example:8080/x/../%6dcp',
])('%s is the endpoint itself', (to) => {
  expect(redirectGoal(from, to)).toBe('endpoint')
})

it.each([
  'http://auth.example:8080/login',
  'http://auth.example:8080/users/sign_in',
  'http://auth.example:8080/oauth2/start',
  'http://auth.example:8080/userLogin.aspx',
  'http://auth.example:8080/welcome?next=%2Fmcp',
  'http://auth.example:8080/go?returnUrl=/mcp',
  'https://login.vendor.example/',
  'https://accounts.vendor.example/',
  'https://vendor.example/realms/one?client_id=a&response_type=code',
  'https://tenant.auth0.com/u',
])('%s is a login', (to) => {
  expect(redirectGoal(from, to)).toBe('login')
})

it.each([
  'http://auth.example:8080/welcome',
  'http://auth.example:8080/processor',
  'http://auth.example:8080/authors',
  'http://auth.example:8080/blog-index',
  'https://docs.vendor.example/mcp',
  'javascript:void(0)',
  'no url',
])('%s is neither', (to) => {
  expect(redirectGoal(from, to)).toBe('elsewhere')
})

it('a path that is no percent-encoding is compared as it stands', () => {
  expect(redirectGoal('http://h.example/%E0%A4%A', 'http://h.example/%E0%A4%A/')).toBe('endpoint')
})
