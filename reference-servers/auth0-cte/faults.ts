import { commonFaults } from '../resource-server/faults/catalogue.ts'
import type { Fault } from '../resource-server/faults/fault.ts'
import type { CteRules } from './rules.ts'

/** Every planted deviation, by name. */
export const faults: Record<string, Fault<CteRules>> = {}
void commonFaults

export const original: string[] = []
