/** Where the program of a step lies: `./fix.sh` of version 2 is `2/fix.sh` beside `2.ts`. */
export const programFile = (version: string | number, file: string): string => `${version}/${file.replace(/^\.\//, '')}`
