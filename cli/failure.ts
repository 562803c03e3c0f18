import { readFile } from 'node:fs/promises'
import { ScenarioError } from '../harness/scenario/problem.ts'
import { UsageError } from '../harness/select.ts'
import { TargetError } from '../harness/target/target.ts'
import { formatProblem } from '../harness/scenario/problem.ts'
import type { Problem } from '../harness/scenario/problem.ts'

/** Says on standard error what went wrong and what to do; gives the exit code of the contract. */
export async function reportFailure(error: unknown): Promise<number> {
  if (error instanceof ScenarioError) {
    console.error(await framed(error.problems))
    return 2
  }
  if (error instanceof UsageError) {
    console.error(`error: ${error.message}`)
    return 2
  }
  if (error instanceof TargetError) {
    console.error(`error: ${error.message}`)
    const tail = error.output.trim().split('\n').slice(-12).join('\n')
    if (tail !== '') console.error(`It printed last:\n${tail.replaceAll(/^/gm, '  | ')}`)
    return 3
  }
  console.error(
    `This is a fault of mcp-auth-conformance itself, not of your server. Please report it:\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  )
  return 70
}

/** Each problem with the lines around it. */
export async function framed(problems: Problem[]): Promise<string> {
  const { codeFrameColumns } = await import('@babel/code-frame')
  const texts = new Map<string, string>()
  const parts: string[] = []
  for (const each of problems) {
    const { file, line, column } = each.position
    const text = texts.get(file) ?? (await readFile(file, 'utf8').catch(() => ''))
    texts.set(file, text)
    const frame =
      text === ''
        ? ''
        : codeFrameColumns(text, { start: { line, column } }, { linesAbove: 1, linesBelow: 1 })
    parts.push(`${formatProblem(each)}\n${frame}`)
  }
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return `${parts.join('\n\n')}\n\n${count}`
}
