import type { Program } from './resource-server/run-program.ts'

/** Every reference server by its name, loaded when somebody asks for it. */
export const programs: Record<string, () => Promise<Program>> = {
  'auth0-cte': async () => (await import('./auth0-cte/server.ts')).auth0Cte,
  'byoa-todo': async () => (await import('./byoa-todo/server.ts')).byoaTodo,
  'clerk-bearer': async () => (await import('./clerk-bearer/server.ts')).clerkBearer,
  'local-rsa': async () => (await import('./local-rsa/server.ts')).localRsa,
  'scalekit-greeting': async () => (await import('./scalekit-greeting/server.ts')).scalekitGreeting,
}

/** The products and APIs that some of them call, by their folder. */
export const upstreams: Record<string, () => Promise<Program>> = {
  'auth0-cte/upstream': async () => (await import('./auth0-cte/upstream/server.ts')).auth0Api,
  'byoa-todo/todo-app': async () => (await import('./byoa-todo/todo-app/program.ts')).todoApp,
}
