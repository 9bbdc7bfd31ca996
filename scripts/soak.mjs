// `npm run soak [-- name …] [--minutes M] [--json]`: builds, then runs the soaks of benchmarks/soak, which say their progress and what holds.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuild, ensurePackages, must, root } from './setup.mjs';

ensurePackages();
ensureBuild();
const options = ['-p', 'tsconfig.checks.json', '--noEmit', 'false', '--rootDir', '.', '--outDir', 'build'];
must(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options]);
const { status } = spawnSync(process.execPath, ['build/benchmarks/soak/main.js', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
