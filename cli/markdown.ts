export const generatedNote = '<!-- Written by `npm run generate`. -->'

/** Cells with a bar or a line end would break the table. */
export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

export const quoted = (names: Iterable<string>): string =>
  [...names].map((name) => `\`${name}\``).join(', ')
