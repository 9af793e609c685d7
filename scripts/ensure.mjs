// Brings a clone into the state that `npm start` and `npm test` need: packages installed, dist/ built from the sources as they are;
// or, for what needs no dist/, with the packages alone.
// Does nothing when nothing has changed. Writes to stderr only, for stdout belongs to the server.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const at = (...parts) => join(root, ...parts)

const sources = ['server', 'storage', 'extensions', 'tsconfig.json', 'tsconfig.build.json', 'package.json']
const built = at('dist', '.built')

const [target = ''] = process.argv.slice(2)
if (!['install', 'build'].includes(target)) fail('usage: node scripts/ensure.mjs install|build', 2)
if (!isInstalled()) install()
if (target === 'build') {
  const wanted = hashOfSources()
  if (!isBuilt(wanted)) build(wanted)
}

/** npm leaves a copy of the lock file, with what it really installed, when it is through. */
function isInstalled() {
  const copy = at('node_modules', '.package-lock.json')
  if (!existsSync(copy)) return false
  const installed = packagesOf(copy)
  return Object.entries(packagesOf(at('package-lock.json'))).every(
    ([path, { version, optional }]) => path === '' || optional === true || installed[path]?.version === version,
  )
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages
}

function install() {
  console.error('sealpost: installing what is missing (npm ci)')
  // Also where NODE_ENV says production: the compiler is among the development packages.
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'])
}

/** Into a directory of its own first: whoever runs the old build meanwhile finds it whole, and stale files do not stay. */
function build(hash) {
  console.error('sealpost: building')
  const fresh = at('node_modules', `.sealpost-build-${process.pid}`)
  const old = `${fresh}-old`
  run(process.execPath, [
    at('node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    at('tsconfig.build.json'),
    '--outDir',
    fresh,
  ])
  // npx runs the file itself, and links it once only: the next build has to be executable as well.
  chmodSync(join(fresh, 'server', 'cli', 'main.js'), 0o755)
  writeFileSync(join(fresh, '.built'), hash)
  try {
    mkdirSync(at('dist'), { recursive: true })
    renameSync(at('dist'), old)
    renameSync(fresh, at('dist'))
  } catch (reason) {
    // Two that build at once get in each other's way here; the one that was quicker has built the same.
    if (!isBuilt(hash)) throw reason
  }
  rmSync(old, { recursive: true, force: true })
  rmSync(fresh, { recursive: true, force: true })
}

function isBuilt(hash) {
  return existsSync(built) && readFileSync(built, 'utf8') === hash
}

function hashOfSources() {
  const hash = createHash('sha256')
  for (const file of sources.flatMap(filesIn).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(at(file)))
      .update('\0')
  }
  return hash.update(readFileSync(at('package-lock.json'))).digest('hex')
}

function filesIn(path) {
  if (/\.[a-z]+$/.test(path)) return [path]
  return readdirSync(at(path), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? filesIn(`${path}/${entry.name}`)
      : entry.name.endsWith('.ts')
        ? [`${path}/${entry.name}`]
        : [],
  )
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', process.stderr, process.stderr] })
  if (error !== undefined) fail(`${command}: ${error.message}`, 1)
  if (status !== 0) process.exit(status ?? 1)
}

function fail(message, code) {
  console.error(`sealpost: ${message}`)
  process.exit(code)
}
