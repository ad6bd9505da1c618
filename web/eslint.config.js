import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import ts from 'typescript-eslint'
import svelteConfig from './svelte.config.js'

/**
 * The layers point down: shell > features > model > link > schema.
 * @param {{regex: string, message: string}[]} patterns
 * @returns {import('@eslint/core').RuleConfig}
 */
const forbid = (...patterns) => ['error', { patterns }]

const upFromLink = {
  regex: '(^|/)(model|features|shell)(/|$)|^svelte',
  message: 'link/ knows bytes and RPC only: nothing above it, no Svelte.',
}
const upFromModel = {
  regex: '(^|/)(features|shell)(/|$)|^svelte',
  message: 'model/ knows no feature, no view and no Svelte.',
}
const acrossFeatures = {
  regex: '^\\.\\./(?!\\.\\./)(?!\\w+/api$)',
  message: 'A feature imports of another feature its api.ts only; or they meet in the model or the shell.',
}
const featureByName = {
  regex: '(^|/)features/',
  message: 'Features register themselves: find them with import.meta.glob.',
}

const noDom = [
  'document',
  'window',
  'localStorage',
  'sessionStorage',
  'location',
  'history',
  'navigator',
  'alert',
  'confirm',
  'prompt',
  'requestAnimationFrame',
].map((name) => ({ name, message: 'link/ and model/ run without a DOM: take it as a parameter.' }))

export default defineConfig(
  globalIgnores(['dist/', 'src/schema/']),
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'all' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  { files: ['src/link/**/*.ts'], rules: { 'no-restricted-imports': forbid(upFromLink) } },
  { files: ['src/model/**/*.ts'], rules: { 'no-restricted-imports': forbid(upFromModel) } },
  {
    files: ['src/link/**/*.ts', 'src/model/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', ...noDom] },
  },
  { files: ['src/features/*/*.{ts,svelte}'], rules: { 'no-restricted-imports': forbid(acrossFeatures) } },
  { files: ['src/shell/**/*.{ts,svelte}'], rules: { 'no-restricted-imports': forbid(featureByName) } },
  {
    files: ['eslint.config.js', 'svelte.config.js', 'vite.config.ts', '*.plugin.ts'],
    languageOptions: {
      globals: globals.node,
      parserOptions: { projectService: false, project: './tsconfig.node.json' },
    },
  },
  {
    // Plain JavaScript: it goes into the build as it is.
    files: ['src/shell/pwa/service-worker.js'],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: { globals: globals.serviceworker, parserOptions: { projectService: false } },
  },
)
