import { describe, expect, it } from 'vitest'
import { mayFetch } from './may-fetch.ts'

const limits = {
  targetOrigin: 'https://target.example',
  issuers: ['https://issuer.example/tenant'],
  allowHosts: ['friend.example', 'other.example:8443'],
}

describe('mayFetch', () => {
  it.each([
    'https://target.example/.well-known/oauth-protected-resource',
    'https://issuer.example/.well-known/openid-configuration',
    'http://friend.example/any',
    'https://other.example:8443/',
    'http://target.example/',
  ])('allows %s', (url) => {
    expect(mayFetch(url, limits)).toBeNull()
  })

  it.each([
    'https://target.example:8443/',
    'https://target.example.attacker.example/',
    'https://target.example@attacker.example/',
    'https://user:secret@target.example/',
    'http://169.254.169.254/latest/meta-data',
    'http://127.0.0.1:6379/',
    'https://other.example/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    '/relative',
  ])('refuses %s', (url) => {
    expect(mayFetch(url, limits)).not.toBeNull()
  })
})
