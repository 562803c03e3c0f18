import { configDefaults, defineConfig } from 'vitest/config'

/** Keeps every core busy by itself, so it runs alone. */
const matrix = 'tests/matrix.test.ts'

export default defineConfig({
  test: {
    testTimeout: 30_000,
    maxConcurrency: 8,
    projects: [
      {
        extends: true,
        test: {
          name: 'all but the matrix',
          include: ['**/*.test.ts', '**/*.test.tsx'],
          exclude: [...configDefaults.exclude, 'dist/**', '.venv/**', matrix],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'matrix', include: [matrix], sequence: { groupOrder: 1 } },
      },
    ],
  },
})
