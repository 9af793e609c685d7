// What the type checker does not see: promises nobody waits for, `any`, and who may import whom (docs/writing-an-extension.md).

import { readdirSync } from 'node:fs'
import { defineConfig } from 'eslint/config'
import globals from 'globals'
import tseslint from 'typescript-eslint'

/** The extensions by name: a file or a folder each. */
const extensions = readdirSync(new URL('extensions/', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() || entry.name.endsWith('.ts'))
  .map((entry) => ({ name: entry.name.replace(/\.ts$/, ''), folder: entry.isDirectory() }))
  .filter(({ name }) => name !== 'index')

/** What apps import too: no extension, but the half of one that stands on its own. */
const library = 'notification\\.js$'

const only = {
  ltx: { regex: '^ltx(/|$)', message: 'server/xml.ts is the only door to ltx.' },
  saslprep: { regex: '^saslprep$', message: 'server/prepare.ts is the only user of saslprep.' },
  sqlite3: {
    regex: '^sqlite3$',
    message: 'storage/sqlite/ is the only user of sqlite3, but for the lock of a directory.',
  },
}

const no = {
  extensions: { regex: '/extensions/', message: 'Only the entries of the server know extensions: fire a hook.' },
  server: { regex: '/server/', message: 'storage/ knows neither the server nor extensions.' },
  sqlite: { regex: '/storage/sqlite/', message: 'Take the interfaces of storage/: any backend may be behind them.' },
}

/** Relative imports that leave an extension for another one: `./other` from a file, `../other` from a folder. */
function otherExtensions({ name, folder }) {
  const away = folder ? `^\\.\\./(?!\\.\\./|${library})` : `^\\./(?!${name}[-./]|${library})`
  return [
    { regex: `${away}(?!.*hooks\\.js$)`, message: 'Extensions share stores and hooks; they do not call one another.' },
    { regex: `${away}.*hooks\\.js$`, allowTypeImports: true, message: "Only the types of another extension's hooks." },
  ]
}

function imports(files, patterns, ignores = []) {
  return { files, ignores, rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] } }
}

const everything = [only.ltx, only.saslprep, only.sqlite3]

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'data/'] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      globals: globals.node,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'always' }],
      // Dear, and there are no enums here (erasableSyntaxOnly).
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Strings are taken apart by code points on purpose.
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
    },
  },
  { files: ['**/*.d.ts'], rules: { '@typescript-eslint/no-extraneous-class': 'off' } },
  // `expect.any()` and its kin are of type any.
  { files: ['test/**'], rules: { '@typescript-eslint/no-unsafe-assignment': 'off' } },
  { files: ['**/*.{js,mjs}', '*.config.ts'], rules: { 'no-restricted-exports': 'off' } },
  { files: ['**/*.{js,mjs}'], extends: [tseslint.configs.disableTypeChecked] },

  imports(['server/**/*.ts'], [...everything, no.extensions, no.sqlite]),
  imports(['server/xml.ts', 'server/xml/**/*.ts'], [only.saslprep, only.sqlite3, no.extensions, no.sqlite]),
  imports(['server/prepare.ts'], [only.ltx, only.sqlite3, no.extensions, no.sqlite]),
  imports(['server/lock.ts'], [only.ltx, only.saslprep, no.extensions, no.sqlite]),
  imports(['server/main.ts', 'server/index.ts'], everything),
  imports(['storage/**/*.ts'], [...everything, no.server, no.extensions]),
  imports(['storage/sqlite/**/*.ts'], [only.ltx, only.saslprep, no.server, no.extensions]),
  imports(['extensions/*.ts'], [...everything, no.sqlite]),
  extensions.map((extension) =>
    imports(
      [`extensions/${extension.name}${extension.folder ? '/**/*' : ''}.ts`],
      [...everything, no.sqlite, ...otherExtensions(extension)],
    ),
  ),
)
