import { bearerProblems } from './bearer-attributes.ts'

export interface ChallengeParameter {
  name: string
  value: string
  quoted: boolean
}

/** One challenge of a WWW-Authenticate field. */
export interface Challenge {
  /** As written; empty when parameters stood before any scheme. */
  scheme: string
  /** Lower-case name → its first value. */
  parameters: Record<string, string>
  /** Every parameter in its order, names as written. */
  list: ChallengeParameter[]
  token68: string | null
}

export interface ChallengeReading {
  count: number
  /** No problem with the grammar of RFC 9110 section 11.6.1, as it binds a sender. */
  wellFormed: boolean
  problems: string[]
  challenges: Challenge[]
  /** Breaches of RFC 6750 section 3 in Bearer challenges. */
  attributeProblems: string[]
  /** Legal, but hardly meant. */
  attributeWarnings: string[]
}

/**
 * Reads all WWW-Authenticate field lines of an answer, strictly, and goes on after each problem: what
 * a lenient client could still read is in `challenges`.
 */
export function parseChallenges(fieldLines: string[]): ChallengeReading {
  const readings = fieldLines.map((line) => new LineReader(line).read())
  const challenges = readings.flatMap((reading) => reading.challenges)
  const problems = [...new Set(readings.flatMap((reading) => reading.problems))]
  const { attributeProblems, attributeWarnings } = bearerProblems(challenges)
  return {
    count: challenges.length,
    wellFormed: problems.length === 0,
    problems,
    challenges,
    attributeProblems,
    attributeWarnings,
  }
}

const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y
const wholeToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const token68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y
const unquoted = /[^ \t,;"]*/y
/** What may follow a closing quote, in a good field or in one that only lacks a comma. */
const afterQuote =
  /^(?:[ \t]*(?:[,;]|$)|[ \t]*[\w.-]+[ \t]*=(?!=)|[ \t]+[\w-]+[ \t]+[\w.-]+[ \t]*=)/

/** Reads one field line from left to right. */
class LineReader {
  readonly #line: string
  #at = 0
  readonly #problems: string[] = []
  readonly #challenges: Challenge[] = []
  /** What stood last: nothing or a comma, a scheme that awaits parameters, or a parameter. */
  #after: 'comma' | 'scheme' | 'parameter' = 'comma'
  #elements = 0

  constructor(line: string) {
    this.#line = line
  }

  read(): { challenges: Challenge[]; problems: string[] } {
    if (this.#line.trim() === '') this.#problems.push('the field line is empty')
    this.#skipBlanks()
    while (this.#at < this.#line.length) {
      this.#readNext()
      this.#skipBlanks()
    }
    if (this.#elements > 0 && this.#after === 'comma') this.#problems.push('an empty list element')
    return { challenges: this.#challenges, problems: this.#problems }
  }

  #readNext(): void {
    const next = this.#line.charAt(this.#at)
    if (next === ',' || next === ';') return this.#readSeparator(next)
    const name = this.#take(token)
    if (name === '') return this.#skipUnexpected(next)
    this.#elements += 1
    const before = this.#at
    const blanks = this.#skipBlanks()
    if (this.#line.charAt(this.#at) === '=') return this.#readParameter(name, blanks)
    this.#at = before
    this.#readScheme(name)
  }

  #readSeparator(separator: string): void {
    this.#at += 1
    if (separator === ';') this.#problems.push('a semicolon between parameters')
    else if (this.#after === 'comma') this.#problems.push('an empty list element')
    this.#after = 'comma'
  }

  #skipUnexpected(character: string): void {
    this.#at += 1
    this.#problems.push(`an unexpected ${describeCharacter(character)}`)
  }

  #readScheme(scheme: string): void {
    if (this.#after !== 'comma') this.#problems.push(`no comma before ${scheme}`)
    const challenge: Challenge = { scheme, parameters: {}, list: [], token68: null }
    this.#challenges.push(challenge)
    this.#after = 'scheme'
    const blanks = this.#skipBlanks()
    if (blanks.includes('\t')) this.#problems.push(`a tab after the scheme ${scheme}`)
    if (blanks === '') return
    const before = this.#at
    const data = this.#take(token68)
    const bearer = /^bearer$/i.test(scheme)
    if (data === '' || (bearer && data.includes('='))) {
      this.#at = before
      return
    }
    challenge.token68 = data
    this.#after = 'parameter'
    if (bearer) this.#problems.push(`${scheme} takes parameters, not the bare text ${quote(data)}`)
  }

  #readParameter(name: string, blanks: string): void {
    this.#at += 1
    let challenge = this.#challenges.at(-1)
    if (!challenge) {
      this.#problems.push(`the parameter ${name} stands before any scheme`)
      challenge = { scheme: '', parameters: {}, list: [], token68: null }
      this.#challenges.push(challenge)
    } else if (this.#after === 'parameter') {
      this.#problems.push(`no comma before the parameter ${name}`)
    }
    this.#after = 'parameter'
    if (blanks + this.#skipBlanks() !== '') this.#problems.push(`blanks around = of ${name}`)
    const quoted = this.#line.charAt(this.#at) === '"'
    const value = quoted ? this.#readQuoted(name) : this.#readUnquoted(name)
    challenge.list.push({ name, value, quoted })
    const key = name.toLowerCase()
    if (!Object.hasOwn(challenge.parameters, key)) {
      const entry = { value, enumerable: true, writable: true, configurable: true }
      Object.defineProperty(challenge.parameters, key, entry)
    }
  }

  #readUnquoted(name: string): string {
    const value = this.#take(unquoted)
    if (value === '') this.#problems.push(`no value after ${name}=`)
    else if (!wholeToken.test(value)) this.#problems.push(`the value of ${name} needs quotes`)
    else if (/^realm$/i.test(name)) this.#problems.push('realm needs quotes')
    return value
  }

  #readQuoted(name: string): string {
    let value = ''
    for (this.#at += 1; this.#at < this.#line.length; this.#at += 1) {
      const character = this.#line.charAt(this.#at)
      if (character === '"' && this.#closes(name)) return value
      if (character !== '\\') {
        value += character
        this.#judgeCharacter(character, name)
        continue
      }
      this.#at += 1
      value += this.#line.charAt(this.#at)
      this.#judgeCharacter(this.#line.charAt(this.#at), name)
    }
    this.#problems.push(`the quote of ${name} is not closed`)
    return value
  }

  /** At a quote: the end of the value, or one inside it that lacks its backslash. */
  #closes(name: string): boolean {
    const rest = this.#line.slice(this.#at + 1)
    if (afterQuote.test(rest) || !rest.includes('"')) {
      this.#at += 1
      if (!/^[ \t]*(?:[,;]|$)/.test(rest)) this.#problems.push(`no comma after ${name}`)
      return true
    }
    this.#problems.push(`an unescaped quote inside ${name}`)
    return false
  }

  #judgeCharacter(character: string, name: string): void {
    if (isControl(character.charCodeAt(0)) && character !== '\t') {
      this.#problems.push(`an unexpected ${describeCharacter(character)} inside ${name}`)
    }
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const [text = ''] = pattern.exec(this.#line) ?? []
    this.#at += text.length
    return text
  }

  #skipBlanks(): string {
    return this.#take(/[ \t]*/y)
  }
}

function describeCharacter(character: string): string {
  const code = character.charCodeAt(0)
  return isControl(code)
    ? `control character ${code.toString(16).padStart(2, '0')}`
    : quote(character)
}

function isControl(code: number): boolean {
  return code < 0x20 || code === 0x7f
}

function quote(text: string): string {
  return JSON.stringify(text)
}
