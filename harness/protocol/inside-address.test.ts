import { expect, it } from 'vitest'
import { isInsideAddress } from './inside-address.ts'

const inside = [
  '127.0.0.1',
  '10.255.0.1',
  '192.168.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '169.254.169.254',
  '100.127.0.1',
  '0.0.0.0',
  '[::1]',
  '::1',
  '[fd12::1]',
  '[fe80::1]',
  '[::ffff:10.0.0.1]',
  '[::a00:1]',
]
const outside = [
  '8.8.8.8',
  '11.0.0.1',
  '172.32.0.1',
  '100.128.0.1',
  '[2001:db8::1]',
  '10.0.999.1',
  'db',
]

it.each([...inside.map((host) => [host, true]), ...outside.map((host) => [host, false])] as const)(
  '%s is inside: %s',
  (host, is) => {
    expect(isInsideAddress(String(host))).toBe(is)
  },
)
