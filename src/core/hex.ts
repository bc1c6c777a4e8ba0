/**
 * Hex digits as one flat text, written into a line of character codes that is used again and again. A text that is joined
 * of pieces remains a chain of them until it becomes a key or an answer, which costs many times what the digits do.
 */
const digits = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

export const lineOf = (form: string): number[] => Array.from(form, (character) => character.charCodeAt(0))

/** The four digits of the lower 16 bits of `word`. */
export const putHex = (line: number[], at: number, word: number): void => {
  line[at] = digits[word >>> 12 & 15]!
  line[at + 1] = digits[word >>> 8 & 15]!
  line[at + 2] = digits[word >>> 4 & 15]!
  line[at + 3] = digits[word & 15]!
}

export const textOf = (line: readonly number[]): string => String.fromCharCode(...line)
