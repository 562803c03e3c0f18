import { commonFaults } from '../resource-server/faults/catalogue.ts'
import type { Fault } from '../resource-server/faults/fault.ts'
import type { GreetingRules } from './rules.ts'

export const faults: Record<string, Fault<GreetingRules>> = { ...commonFaults }
export const original: string[] = []
