// Few rules, each for a fault that types do not see. What is banned names what to use instead.
import tseslint from 'typescript-eslint'

/** Where an alert is judged, time and chance are handed in: what was decided can be decided again, and simulated. */
const handedIn = [
  { object: 'Date', property: 'now', message: 'the time is handed in: `now`, or an entry’s `at`' },
  { object: 'Math', property: 'random', message: 'chance is handed in: an id, or a seed' },
]

const banned = [
  { selector: 'SwitchStatement[discriminant.property.name="kind"] > SwitchCase[test=null]', message: 'no default in a switch on kind: the compiler counts the kinds, and a new one is not forgotten' },
]

/** Type stripping leaves the lines as they are: after a `type` line without its semicolon, these would go on with it. */
const lineStarts = {
  meta: { type: 'problem', schema: [], messages: { start: 'A line that starts with {{mark}} goes on with the line above once types are stripped: give it a name, or a semicolon before it.' } },
  create: (context) => ({
    ExpressionStatement(node) {
      const [first] = context.sourceCode.getText(node)
      const isFirstOnLine = context.sourceCode.lines[node.loc.start.line - 1].slice(0, node.loc.start.column).trim() === ''
      if (!isFirstOnLine) return
      if (first === '(' || first === '[' || first === '`') context.report({ node, messageId: 'start', data: { mark: first } })
    },
  }),
}

export default tseslint.config(
  { ignores: ['node_modules', 'dist', 'coverage'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { paramedic: { rules: { 'line-starts': lineStarts } } },
    rules: {
      'paramedic/line-starts': 'error',
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite', 'before', 'after'] }] }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false, attributes: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_', ignoreRestSiblings: true, caughtErrors: 'all' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-unexpected-multiline': 'error',
      'no-fallthrough': 'error',
      'no-var': 'error',
      'prefer-const': ['error', { destructuring: 'all', ignoreReadBeforeAssign: true }],
      'no-self-compare': 'error',
      'no-unreachable-loop': ['error', { ignore: ['ForOfStatement'] }],
      'no-restricted-syntax': ['error', ...banned],
      'no-restricted-imports': ['error', { paths: [{ name: 'node:child_process', importNames: ['exec', 'execSync'], message: 'A shell reads text as commands: use execFile or spawn with a list.' }] }],
    },
  },
  {
    files: ['src/**/*.ts', 'runbooks/**/*.ts', 'docs/**/*.ts'],
    rules: {
      'max-lines-per-function': ['error', { max: 70, skipComments: true, skipBlankLines: true }],
      'no-console': ['error'],
    },
  },
  // They wire: one call after the other, in the order of their start.
  { files: ['src/main.ts', 'src/serve.ts'], rules: { 'max-lines-per-function': ['error', { max: 170 }] } },
  {
    files: ['src/core/**/*.ts', 'src/follow/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', ...handedIn],
      'no-restricted-syntax': ['error', ...banned, { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'the time is handed in: `new Date(now)`' }],
    },
  },
)
