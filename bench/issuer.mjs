import { spawn } from 'node:child_process'
import { sign } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import { loadKey } from '../dist/fixtures/keys/index.js'
import { load } from './load.mjs'

/*
 * Measures the mock issuer beside its peers, in the same session: tokens a second by client
 * credentials, and the time from start to the first discovery answer.
 *   npm run bench:issuer
 *
 * Each side is one process, under the same load from this one, on all cores that there are. Each
 * signs every token anew, RS256 with a key of 2048 bits. What one does and the others do not:
 * - the issuer here compares the client's secret, binds the audience, gives each token a jti and
 *   writes the request down, redacted;
 * - oauth2-mock-server takes any client, and imports its key for each token;
 * - oidc-provider compares the secret, and gives opaque tokens unless it is told otherwise: here it
 *   has a resource whose accessTokenFormat is jwt and whose jwt.sign.alg is RS256, so that its tokens
 *   are JWTs with a jti (without that it signs nothing, and there is nothing to compare).
 * The rate at which the machine signs is that of crypto.sign in a loop on one thread, as a server
 * would have it that does nothing else. All three sides sign on the thread pool, so that with a
 * core to spare one of them may be faster than that loop.
 *
 * The sides take turns, several rounds of them, and what is compared is the median of the rounds'
 * ratios: a machine that is busy with something else is so for all. The CPU time of a token, of all
 * threads of its process, says most where the machine is not quiet.
 */
const rounds = 7
const seconds = 1
const width = 32
const starts = 7
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
const names = Object.keys(programs)

/** Every side tells its CPU time (microseconds) when it is asked. */
const tellTime = "process.on('message', () => process.send(process.cpuUsage()))\n"

/** Starts a program and waits for its first discovery answer. */
async function start(name) {
  const began = performance.now()
  const args = ['--input-type=module', '-e', programs[name] + '\n' + tellTime]
  const child = spawn(process.execPath, args, {
    cwd: path.resolve(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  let text = ''
  while (!/^\{.*\}$/m.test(text)) text += String(await once(child.stdout, 'data'))
  const place = JSON.parse(/^\{.*\}$/m.exec(text)[0])
  const answer = await fetch(place.discovery)
  await answer.json()
  if (!answer.ok) throw new Error(`${name} answered ${answer.status} at ${place.discovery}`)
  const milliseconds = performance.now() - began
  const stop = async () => {
    child.kill()
    await once(child, 'exit')
  }
  const cpuTime = async () => {
    child.send('time')
    const [{ user, system }] = await once(child, 'message')
    return user + system
  }
  return { place, milliseconds, stop, cpuTime }
}

/** How long each side takes to its first discovery answer; they start in turns. */
async function startTimes() {
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < starts; round += 1) {
    for (const name of names) {
      const { milliseconds, stop } = await start(name)
      times[name].push(milliseconds)
      await stop()
    }
  }
  return times
}

/** One round: what every side and the bare signing come to, one after the other. */
async function measure(sides, duration = seconds) {
  const round = { machine: { rate: signaturesPerSecond(duration) } }
  for (const [name, { place, cpuTime }] of Object.entries(sides)) {
    const before = await cpuTime()
    const { count, milliseconds } = await load(place, { seconds: duration, width })
    const cpu = ((await cpuTime()) - before) / count
    round[name] = { rate: (count * 1000) / milliseconds, cpu }
  }
  return round
}

function signaturesPerSecond(duration) {
  const { privateKey } = loadKey('local')
  const input = Buffer.alloc(500, 'x')
  const began = performance.now()
  let count = 0
  while (performance.now() - began < 1000 * duration) {
    sign('sha256', input, privateKey)
    count += 1
  }
  return (count * 1000) / (performance.now() - began)
}

const median = (numbers) =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)]

const times = await startTimes()
const sides = {}
for (const name of names) sides[name] = await start(name)
await measure(sides, 2)
const measured = []
for (let round = 0; round < rounds; round += 1) measured.push(await measure(sides))
for (const { stop } of Object.values(sides)) await stop()

const middle = (of) => median(measured.map(of))
const beside = (one, other) => middle((round) => round[one].rate / round[other].rate).toFixed(2)
line('signatures a second, one thread', middle(({ machine }) => machine.rate).toFixed(0))
for (const name of names) {
  line(`tokens a second, ${name}`, middle((round) => round[name].rate).toFixed(0))
  line('  CPU time of a token', `${middle((round) => round[name].cpu).toFixed(0)} µs`)
}
line('own beside the signatures', beside('own', 'machine'), 'at least 0.85')
line('own beside oauth2-mock-server', beside('own', 'oauth2-mock-server'), 'at least 1.5')
line('own beside oidc-provider', beside('own', 'oidc-provider'), 'at least 1.2')
for (const name of names)
  line(`start to discovery, ${name}`, `${median(times[name]).toFixed(0)} ms`)
const startRatio = median(times.own) / median(times['oauth2-mock-server'])
line('own start beside oauth2-mock-server', startRatio.toFixed(2), 'at most 0.5')
