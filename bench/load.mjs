import { connect } from 'node:net'

/**
 * Asks one endpoint for tokens by client credentials, over and over, on so many connections that stay
 * open, each with one request under way. It speaks HTTP over bare sockets: a client of 30 µs a request
 * leaves the cores to the server that is measured, one of 80 µs would be measured with it.
 * @returns how many tokens, in how many milliseconds
 */
export async function load({ token, form, client }, { seconds, width }) {
  const { hostname, port, pathname, host } = new URL(token)
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString()
  const request = Buffer.from(
    [
      `POST ${pathname} HTTP/1.1`,
      `host: ${host}`,
      'content-type: application/x-www-form-urlencoded',
      `content-length: ${Buffer.byteLength(body)}`,
      `authorization: Basic ${Buffer.from(client.join(':')).toString('base64')}`,
      '',
      body,
    ].join('\r\n'),
  )
  const until = performance.now() + seconds * 1000
  let count = 0
  const onConnection = () =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(request))
      let answer = ''
      socket.setNoDelay(true).on('error', reject)
      socket.on('close', () => reject(new Error(`${token} hung up`)))
      socket.on('data', (chunk) => {
        answer += chunk.latin1Slice()
        const head = answer.indexOf('\r\n\r\n')
        const length = Number(/content-length: *(\d+)/i.exec(answer)?.[1] ?? 0)
        if (head === -1 || answer.length < head + 4 + length) return
        if (!/"access_token": *"[\w-]+\.[\w-]+\.[\w-]+"/.test(answer)) {
          return reject(new Error(`${token} gave no JWT: ${answer}`))
        }
        answer = ''
        count += 1
        if (performance.now() < until) return socket.write(request)
        socket.destroy()
        resolve()
      })
    })
  const began = performance.now()
  await Promise.all(Array.from({ length: width }, onConnection))
  return { count, milliseconds: performance.now() - began }
}
