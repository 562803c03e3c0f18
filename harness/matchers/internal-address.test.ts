import { expect, it } from 'vitest'
import { internalAddressIn } from './internal-address.ts'

const known = new Set(['127.0.0.1:8000', 'localhost'])

it.each([
  ['Client error 404 for url http://127.0.0.1:3000/api/todos/9', '127.0.0.1:3000'],
  ['connect ECONNREFUSED 10.1.2.3:5432', '10.1.2.3:5432'],
  ['connect ECONNREFUSED 192.168.0.7', '192.168.0.7'],
  ['connect ECONNREFUSED ::1:5432', '::1:5432'],
  ['no route to host 172.31.255.1', '172.31.255.1'],
  ['http://100.64.0.3/x', '100.64.0.3'],
  ['http://0.0.0.0:3000', '0.0.0.0:3000'],
  ['at user@10.0.0.1', '10.0.0.1'],
  ['http://todo-app:3000/todos failed', 'todo-app:3000'],
  ['postgres://app:hunter@db/app', 'db'],
  ['getaddrinfo ENOTFOUND todo-backend', 'todo-backend'],
  ['lookup api.default.svc.cluster.local on 8.8.8.8', 'api.default.svc.cluster.local'],
  ["HTTPConnectionPool(host='redis', port=8080)", 'redis'],
  ['see https://vault.service.internal/v1', 'vault.service.internal'],
  ['asked db.prod.internal:5432', 'db.prod.internal:5432'],
  ['at http://[::1]:9000/x', '[::1]:9000'],
  ['at http://[fd12:3456::1]/x', '[fd12:3456::1]'],
  ['at http://[::ffff:10.0.0.1]/', '[::ffff:10.0.0.1]'],
  ['try localhost:9200', 'localhost:9200'],
  ['next=http%3A%2F%2F10.0.0.1%2Fadmin', '10.0.0.1'],
])('%s names %s', (text, address) => {
  expect(internalAddressIn(text, known)).toBe(address)
})

it.each([
  'Todo not found',
  'see https://docs.example.com/errors#404',
  'you asked http://127.0.0.1:8000/mcp',
  'you asked http://localhost/mcp',
  'Oracle 10.2.0.4 and section 10.1.2.3 and 10.0.999.1',
  'version 10.4.2.1-beta',
  'listed 127 of 192 items',
  'localhost is not allowed',
  'Resource notes://alice not found',
  'ui://widget/x.html, gs://bucket/x and https://{host}/x',
  'at 172.32.0.1:80 and 11.0.0.1:80',
  'at [2001:db8::1] and [2606:4700::1111]:443',
])('%s names none', (text) => {
  expect(internalAddressIn(text, known)).toBe(null)
})

it('reads a hostile text once', () => {
  const started = performance.now()
  for (const piece of ['10.', 'http://', 'a.', 'localhost:', '127.0.', 'h', '://', 'host=', 'a@'])
    internalAddressIn(piece.repeat((1024 * 1024) / piece.length), known)
  expect(performance.now() - started).toBeLessThan(5000)
})
