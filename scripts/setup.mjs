// What the two README commands need before anything of ours can run: packages that match the lock file, and a build that matches the sources.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const inRoot = path => join(root, path);

/** Runs a command in the repository's root, its output shown; ends this process with its exit code if it fails. */
export function must(command, args, env = {}) {
  const { status, error, signal } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (error) fail(`Could not run '${command} ${args.join(' ')}': ${error.message}`);
  if (signal) process.exit(130);
  if (status !== 0) process.exit(status ?? 1);
}

export function fail(message) {
  console.error(message);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    fail(`Galerkin needs Node 20.19 or newer; this is ${process.version}.`);
}

function digest(paths) {
  const hash = createHash('sha256');
  const visit = path => {
    const entries = readdirSync(inRoot(path), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const child = `${path}/${entry.name}`;
      if (entry.isDirectory()) visit(child);
      else
        hash
          .update(child)
          .update('\0')
          .update(readFileSync(inRoot(child)));
    }
  };
  for (const path of paths) {
    if (!existsSync(inRoot(path))) continue;
    if (readdirSyncSafe(path)) visit(path);
    else
      hash
        .update(path)
        .update('\0')
        .update(readFileSync(inRoot(path)));
  }
  return hash.digest('hex');
}

function readdirSyncSafe(path) {
  try {
    return readdirSync(inRoot(path));
  } catch {
    return undefined;
  }
}

const read = path => (existsSync(inRoot(path)) ? readFileSync(inRoot(path), 'utf8') : '');

/** Installs the locked packages, without their install scripts, unless they are there already. */
export function ensurePackages() {
  checkNode();
  const wanted = digest(['package.json', 'package-lock.json']);
  if (read('node_modules/.galerkin-stamp') === wanted) return;
  console.log('Installing packages (npm ci, install scripts off) …');
  must('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error']);
  writeFileSync(inRoot('node_modules/.galerkin-stamp'), wanted);
}

/** Builds dist (library, command line, studio) unless it was built from exactly these sources. */
export function ensureBuild() {
  const wanted = digest(['src', 'web', 'tsconfig.json', 'tsconfig.base.json', 'package.json', 'package-lock.json']);
  if (read('dist/.stamp') === wanted) return;
  console.log('Building …');
  rmSync(inRoot('dist'), { recursive: true, force: true });
  must(process.execPath, [inRoot('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json']);
  // Trains the learned adviser of releases: a few seconds, the same model from the same sources.
  must(process.execPath, [inRoot('dist/control/advisor/make-model.js')]);
  if (existsSync(inRoot('web/vite.config.ts'))) {
    must(process.execPath, [inRoot('node_modules/vite/bin/vite.js'), 'build', 'web', '--logLevel', 'warn']);
  }
  mkdirSync(inRoot('dist'), { recursive: true });
  if (existsSync(inRoot('dist/cli/main.js'))) chmodSync(inRoot('dist/cli/main.js'), 0o755);
  writeFileSync(inRoot('dist/.stamp'), wanted);
}
