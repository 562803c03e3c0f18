/*
 * The words of the harness: what a scenario is made of, what a run records, what a verdict says.
 * Everything that crosses a folder boundary is declared here.
 */
export * from './model/catalogue.ts'
export * from './model/scenario.ts'
export type * from './model/facts.ts'
export type * from './model/powers.ts'
export type * from './model/evidence.ts'
export * from './model/verdict.ts'
