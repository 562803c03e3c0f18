import { faults } from './faults.ts'
import { startServer } from './server.ts'

async function main(): Promise<void> {
  if (process.argv.includes('--list-faults')) {
    for (const [name, { about }] of Object.entries(faults)) console.log(`${name}  ${about}`)
    return
  }
  const server = await startServer(process.env)
  console.log(`local-rsa listens on ${server.url}`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void server.close().finally(() => process.exit(0)))
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
