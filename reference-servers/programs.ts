import type { Program } from './resource-server/run-program.ts'

/** Every reference server by its name, loaded when somebody asks for it. */
export const programs: Record<string, () => Promise<Program>> = {
  'clerk-bearer': async () => (await import('./clerk-bearer/server.ts')).clerkBearer,
  'local-rsa': async () => (await import('./local-rsa/server.ts')).localRsa,
}
