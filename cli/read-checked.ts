import { access } from 'node:fs/promises'
import type { z } from 'zod'
import { UsageError } from '../harness/select.ts'
import { isObject } from '../harness/protocol/json.ts'
import type { JsonObject } from '../harness/protocol/json.ts'
import { problem, ScenarioError } from '../harness/scenario/problem.ts'
import type { Problem } from '../harness/scenario/problem.ts'
import { checkShape } from '../harness/scenario/shape.ts'
import { positionOf, readSource } from '../harness/scenario/source.ts'

/**
 * The content of a YAML file of one shape; an empty file is an empty map.
 * @throws ScenarioError with every fault of the file, UsageError when there is none
 */
export async function readChecked(
  file: string,
  schema: z.ZodType,
  kind: string,
): Promise<JsonObject> {
  const exists = await access(file).then(
    () => true,
    () => false,
  )
  if (!exists) throw new UsageError(`there is no ${kind} "${file}".`)
  const source = await readSource(file)
  const problems: Problem[] = [...source.problems]
  const start = { file, line: 1, column: 1 }
  checkShape(schema, source.value ?? {}, (at, message, side) =>
    problems.push(
      problem(positionOf(source.value, at, start, side), at.map(String).join('.'), message),
    ),
  )
  if (problems.length > 0) throw new ScenarioError(problems)
  return isObject(source.value) ? source.value : {}
}
