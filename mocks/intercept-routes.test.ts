import { expect, it } from 'vitest'
import { readInterceptRoutes } from './intercept-routes.ts'

const mock = 'http://127.0.0.1:4000'
const routes = readInterceptRoutes({
  MCP_AUTH_MOCK_URL: mock,
  MCP_AUTH_MOCK_HOSTS: 'login.customer.test, *.other.test=http://127.0.0.1:5000 ,',
  MCP_AUTH_ALLOW_HOSTS: 'db.internal,*.good.example',
})

it.each([
  ['acme.us.auth0.com', mock],
  ['ACME.auth0.com.', mock],
  ['auth0.com', null],
  ['notauth0.com', null],
  ['acme.auth0.com.evil.example', null],
  ['happy-cat-1.clerk.accounts.dev', mock],
  ['clerk.customer.example', mock],
  ['api.clerk.com', mock],
  ['acme.scalekit.dev', mock],
  ['acme.eu.scalekit.com', mock],
  ['acme.scalekit.cloud', mock],
  ['login.customer.test', mock],
  ['sub.login.customer.test', null],
  ['a.b.other.test', 'http://127.0.0.1:5000'],
  ['elsewhere.example', null],
])('takes %s to %s', (host, expected) => {
  expect(routes.mockOf(host)?.origin ?? null).toBe(expected)
})

it.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['[::1]', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['app.localhost', true],
  ['db.internal', true],
  ['api.good.example', true],
  ['good.example', false],
  ['dbxinternal', false],
  ['127.0.0.1.evil.example', false],
  ['192.0.2.1', false],
  ['localhost.evil.example', false],
])('knows whether %s may be reached: %s', (host, expected) => {
  expect(routes.mayReach(host)).toBe(expected)
})

it('lets a mock be reached that is on another machine', () => {
  const other = readInterceptRoutes({ MCP_AUTH_MOCK_URL: 'http://mocks.internal:4000' })
  expect(other.mayReach('mocks.internal')).toBe(true)
})

it('needs no main mock where every host has its own', () => {
  const own = readInterceptRoutes({ MCP_AUTH_MOCK_HOSTS: `a.test=${mock}` })
  expect([own.mockOf('a.test')?.origin, own.mockOf('acme.auth0.com')]).toEqual([mock, null])
})

it.each([
  [{}, /MCP_AUTH_MOCK_URL is not set\. Allowed: .*http:\/\/127\.0\.0\.1:4000/],
  [{ MCP_AUTH_MOCK_URL: '127.0.0.1:4000' }, /MCP_AUTH_MOCK_URL is "127\.0\.0\.1:4000"/],
  [{ MCP_AUTH_MOCK_HOSTS: 'a.test' }, /MCP_AUTH_MOCK_URL is not set/],
  [{ MCP_AUTH_MOCK_HOSTS: 'a.test=nowhere' }, /host "a\.test" is "nowhere"/],
])('refuses %j', (environment, message) => {
  expect(() => readInterceptRoutes(environment)).toThrow(message)
})
