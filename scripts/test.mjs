// `npm test`: sets up what the checks need, runs all of them, and closes with one line per check.
import { spawnSync } from 'node:child_process';
import { ensureBuild, ensurePackages, root } from './setup.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

ensurePackages();
const missing = ensureSystemPackages();
ensureBuild();

const bin = (path, ...args) => [process.execPath, [`${root}/node_modules/${path}`, ...args]];
const checks = [
  ['types: library', ...bin('typescript/bin/tsc', '-p', 'tsconfig.json', '--noEmit')],
  ['types: tests and benchmarks', ...bin('typescript/bin/tsc', '-p', 'tsconfig.checks.json')],
  ['types: studio', ...bin('typescript/bin/tsc', '-p', 'web/tsconfig.json')],
  ['lint and format', ...bin('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.')],
  ['tests', ...bin('vitest/vitest.mjs', 'run', ...process.argv.slice(2))],
];

const lines = [];
let failed = false;
for (const [name, command, args] of checks) {
  console.log(`\n── ${name}`);
  const start = performance.now();
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  failed ||= status !== 0;
  lines.push(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}
for (const { name, use } of missing) {
  lines.push(`SKIPPED ${use}: not installed. Run: apt-get install ${name}`);
  failed ||= process.env.CI === 'true';
}
console.log(`\n${lines.join('\n')}\n${failed ? 'npm test: FAILED' : 'npm test: all checks passed'}`);
process.exit(failed ? 1 : 0);
