import { startServer } from './server.ts'

async function main(): Promise<void> {
  if (process.argv.includes('--list-faults')) {
    const { faults } = await import('./faults.ts')
    for (const [name, { about }] of Object.entries(faults)) console.log(`${name}  ${about}`)
    return
  }
  const server = await startServer(process.env)
  const end = (): void => {
    // A connection that does not want to close must not keep us.
    setTimeout(() => process.exit(0), 50)
    void server.close().finally(() => process.exit(0))
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
  console.log(`local-rsa listens on ${server.url}`)
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
