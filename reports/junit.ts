/**
 * JUnit XML for GitLab, Jenkins, CircleCI and the GitHub report actions. Each test case carries its
 * story as text content, because GitLab shows nothing else.
 */
import builder from 'junit-report-builder'
import type { Builder, TestCase, TestSuite } from 'junit-report-builder'
import type { CheckSummary, Evidence, RunResult, Verdict } from '../harness/model.ts'
import { curl } from './curl.ts'
import { plainLines, plainText } from './plain-text.ts'
import { clauseName, indexRoundTrips, viewAreas } from './result-view.ts'
import type { VerdictView } from './result-view.ts'
import { standingWords } from './verdict-words.ts'

/** The package exports the builder itself, while its types describe a default member. */
const factory = builder as unknown as Builder

/**
 * Stands for `]]>` while the builder works: it splits only the first of a text, so that the second
 * would end the CDATA section. No text has this code point, because {@link plainLines} takes it out.
 */
const cdataEnd = '\ufdd0'

type Build = TestCase['build']
type Story = { message: string; content: string }

/** One test suite an area, one test case a verdict; `classname` is role and area. */
export function junit(result: RunResult): string {
  const root = factory.newBuilder().name(plainText(`MCP authorization ${result.target.url}`))
  const seconds = secondsByProbe(result)
  for (const area of viewAreas(result)) {
    const suite = root.testSuite().name(plainText(`${result.target.role}.${area.area}`))
    suite.timestamp(result.started)
    const views = area.checks.flatMap((check) =>
      check.verdicts.map((view) => ({ view, check: check.check })),
    )
    // A probe is sent once and judged by many checks: its time counts for the first.
    let total = 0
    for (const { view, check } of views) {
      const time = takeSeconds(seconds, view.verdict.probe)
      total += time
      writeCase(suite, view, { check, result, time })
    }
    suite.time(rounded(total))
    writeProperties(suite, result)
  }
  return root.build().replaceAll(cdataEnd, ']]]]><![CDATA[>')
}

function writeProperties(suite: TestSuite, result: RunResult): void {
  suite.property('revision', result.revision)
  suite.property('target', plainText(result.target.url))
  suite.property('verdict', result.verdict.kind)
  suite.property('tool', plainText(`${result.tool.name} ${result.tool.version}`))
}

function writeCase(
  suite: TestSuite,
  view: VerdictView,
  about: { check: CheckSummary; result: RunResult; time: number },
): void {
  const { check, result, time } = about
  const { verdict, standing } = view
  const testCase = suite
    .testCase()
    .className(plainText(`${check.role}.${check.area}`))
    .name(plainText(`${verdict.id} ${check.title}`))
    .time(rounded(time))
  const file = check.defined.replace(/:\d+:\d+$/, '')
  if (file !== '') testCase.file(plainText(file))
  const story = tellStory(verdict, check, result)
  if (standing === 'violation')
    testCase.failure(story.message, verdict.level).stacktrace(story.content)
  else if (standing === 'inconclusive' || standing === 'error')
    testCase.error(story.message, standing, story.content)
  else if (standing === 'untested') writeSkipped(testCase, needs(verdict, story))
  else if (standing === 'not-applicable') writeSkipped(testCase, story)
  else if (standing === 'warning' || standing === 'advisory')
    testCase.standardOutput(`${standingWords[standing].word} (${verdict.level})\n${story.content}`)
  else if (verdict.remarks.length > 0) testCase.standardOutput(remarkLines(verdict))
}

/** The builder knows no message for `skipped`, so the element is added when it builds. */
function writeSkipped(testCase: TestCase, story: Story): void {
  const build: Build = testCase.build.bind(testCase)
  testCase.getSkippedCount = () => 1
  testCase.build = (parent) => {
    const element = build(parent)
    element.ele('skipped', { message: story.message }).cdata(story.content)
    return element
  }
}

function needs(verdict: Verdict, story: Story): Story {
  if (verdict.missing.length === 0) return story
  return { ...story, message: plainText(`needs ${verdict.missing.join(', ')}`) }
}

function tellStory(verdict: Verdict, check: CheckSummary, result: RunResult): Story {
  const roundTrip =
    verdict.roundTrip === null ? undefined : indexRoundTrips(result).get(verdict.roundTrip)
  const found = verdict.outcome === 'violation'
  const lines = [
    verdict.reason,
    labelled('expected', verdict.expected),
    labelled('actual', verdict.actual),
    labelled('fix', found ? check.hint : null),
    labelled('needs', verdict.missing.join(', ')),
    ...check.sources.map((source) => labelled('clause', `${clauseName(source)} ${source.url}`)),
    labelled('defined', check.defined),
    labelled('remark', verdict.remarks.map((remark) => remark.text).join('\n')),
    found && roundTrip !== undefined ? `\n${curl(roundTrip)}` : '',
  ]
  const message = verdict.reason || verdict.actual || standingMessage(verdict)
  return {
    message: plainText(message),
    content: contentLines(lines.filter((line) => line !== '').join('\n')),
  }
}

function standingMessage(verdict: Verdict): string {
  return `${verdict.id} is ${verdict.outcome}`
}

function labelled(label: string, value: string | null): string {
  return value === null || value === '' ? '' : `${label}: ${value}`
}

function remarkLines(verdict: Verdict): string {
  return contentLines(verdict.remarks.map((remark) => `remark: ${remark.text}`).join('\n'))
}

function contentLines(text: string): string {
  return plainLines(text).replaceAll(']]>', cdataEnd)
}

function secondsByProbe(result: RunResult): Map<string, number> {
  return new Map(result.evidence.map((evidence) => [evidence.probe, elapsedOf(evidence)]))
}

function elapsedOf(evidence: Evidence): number {
  return evidence.steps.reduce((sum, step) => sum + step.elapsed, 0)
}

function takeSeconds(seconds: Map<string, number>, probe: string | null): number {
  if (probe === null) return 0
  const time = seconds.get(probe) ?? 0
  seconds.delete(probe)
  return time
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
