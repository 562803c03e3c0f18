import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Starts a server as a process of its own, and waits for the words that it prints when it listens.
 * @throws Error (rejects) with all that it printed when it ends instead
 */
export async function startProgram(
  [command = '', ...args]: string[],
  env: Record<string, string>,
  ready: string,
): Promise<{ close(): Promise<void> }> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      printed += chunk.toString()
      if (printed.includes(ready)) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`the server has ended: ${printed}`)))
  })
  const close = async (): Promise<void> => {
    if (child.exitCode !== null) return
    child.kill()
    await once(child, 'exit')
  }
  return { close }
}
