import { describeConformance } from '../harness/vitest.ts'

/* Our own first user: every check of the bundled scenarios is one test. */
await describeConformance({ server: 'local-rsa', name: 'local-rsa, by describeConformance' })
