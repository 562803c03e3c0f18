import { spawn } from 'node:child_process'
import { sign } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import { Pool } from 'undici'
import { loadKey } from '../dist/fixtures/keys/index.js'

/*
 * Measures the mock issuer beside its peers, in the same session: tokens a second by client
 * credentials (RS256, one process each), and the time from start to the first discovery answer.
 *   npm run bench:issuer
 */
const seconds = 3
const width = 32
const line = (name, value, bound = '') =>
  console.log(`${name.padEnd(48)} ${value.padEnd(22)} ${bound}`)

const programs = {
  own: `
    import { serveIssuer } from '${path.resolve(import.meta.dirname, '../dist/mocks/serve-issuer.js')}'
    const issuer = await serveIssuer()
    console.log(JSON.stringify({ discovery: issuer.metadataUrl, token: issuer.url + '/token', form: { resource: 'https://api.example' }, client: [issuer.clientId, issuer.clientSecret] }))`,
  'oauth2-mock-server': `
    import { OAuth2Server } from 'oauth2-mock-server'
    const server = new OAuth2Server()
    await server.issuer.keys.generate('RS256')
    await server.start(0, '127.0.0.1')
    const url = server.issuer.url
    console.log(JSON.stringify({ discovery: url + '/.well-known/openid-configuration', token: url + '/token', form: {}, client: ['client', 'secret'] }))`,
  'oidc-provider': `
    import { createServer } from 'node:http'
    import { generateKeyPairSync } from 'node:crypto'
    import Provider from 'oidc-provider'
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }
    const server = createServer()
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = 'http://127.0.0.1:' + server.address().port
    const provider = new Provider(url, {
      jwks: { keys: [jwk] },
      clients: [{ client_id: 'client', client_secret: 'secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => 'https://api.example',
          getResourceServerInfo: () => ({ scope: '', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
        },
      },
    })
    server.on('request', provider.callback())
    console.log(JSON.stringify({ discovery: url + '/.well-known/openid-configuration', token: url + '/token', form: { resource: 'https://api.example' }, client: ['client', 'secret'] }))`,
}

/** Starts a program and waits for its first discovery answer. */
async function start(name) {
  const began = performance.now()
  const child = spawn(process.execPath, ['--input-type=module', '-e', programs[name]], {
    cwd: path.resolve(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  while (!/^\{.*\}$/m.test(text)) text += String(await once(child.stdout, 'data'))
  const place = JSON.parse(/^\{.*\}$/m.exec(text)[0])
  const answer = await fetch(place.discovery)
  await answer.json()
  if (!answer.ok) throw new Error(`${name} answered ${answer.status} at ${place.discovery}`)
  return { child, place, milliseconds: performance.now() - began }
}

async function tokensPerSecond({ token, form, client }) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString()
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    authorization: `Basic ${Buffer.from(client.join(':')).toString('base64')}`,
  }
  const { origin, pathname } = new URL(token)
  const pool = new Pool(origin, { connections: width })
  const ask = async () => {
    const answer = await pool.request({ path: pathname, method: 'POST', headers, body })
    const text = await answer.body.text()
    if (!/"access_token":\s*"[\w-]+\.[\w-]+\.[\w-]+"/.test(text)) {
      throw new Error(`${token} gave no JWT: ${answer.statusCode}`)
    }
  }
  await Promise.all(Array.from({ length: width }, ask))
  const until = performance.now() + seconds * 1000
  let count = 0
  const worker = async () => {
    while (performance.now() < until) {
      await ask()
      count += 1
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: width }, worker))
  const rate = (count * 1000) / (performance.now() - began)
  await pool.close()
  return rate
}

/** How fast one process can sign at all. */
function signaturesPerSecond() {
  const { privateKey } = loadKey('local')
  const input = Buffer.alloc(500, 'x')
  const began = performance.now()
  let count = 0
  while (performance.now() - began < 1000 * seconds) {
    sign('sha256', input, privateKey)
    count += 1
  }
  return (count * 1000) / (performance.now() - began)
}

const median = (numbers) =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)]
const rates = {}
const starts = {}
for (const name of Object.keys(programs)) {
  const started = []
  for (let round = 0; round < 5; round += 1) {
    const { child, place, milliseconds } = await start(name)
    started.push(milliseconds)
    if (round === 4) rates[name] = await tokensPerSecond(place)
    child.kill()
    await once(child, 'exit')
  }
  starts[name] = median(started)
}
const machine = signaturesPerSecond()
const ratio = (one, other) => (one / other).toFixed(2)
line('signatures a second, one process', machine.toFixed(0))
for (const [name, rate] of Object.entries(rates)) line(`tokens a second, ${name}`, rate.toFixed(0))
line('own beside the signatures', ratio(rates.own, machine), 'at least 0.85')
line('own beside oauth2-mock-server', ratio(rates.own, rates['oauth2-mock-server']), 'at least 1.5')
line('own beside oidc-provider', ratio(rates.own, rates['oidc-provider']), 'at least 1.2')
for (const [name, time] of Object.entries(starts))
  line(`start to discovery, ${name}`, `${time.toFixed(0)} ms`)
line(
  'own start beside oauth2-mock-server',
  ratio(starts.own, starts['oauth2-mock-server']),
  'at most 0.5',
)
