// `npm run bench [name …]`: builds the benchmarks, runs each in a process of its own, and prints a table of figures and ratios.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuild, ensurePackages, must, root } from './setup.mjs';
import { ensureBenchmarkPackages } from './system-packages.mjs';

ensurePackages();
ensureBenchmarkPackages();
ensureBuild();
must(process.execPath, [
  join(root, 'node_modules/typescript/bin/tsc'),
  '-p',
  'tsconfig.checks.json',
  '--noEmit',
  'false',
  '--rootDir',
  '.',
  '--outDir',
  'build',
]);

const chosen = process.argv.slice(2);
const names = readdirSync(join(root, 'benchmarks'))
  .filter(file => file.endsWith('.ts') && file !== 'result.ts' && file !== 'print.ts')
  .map(file => file.replace('.ts', ''))
  .filter(name => chosen.length === 0 || chosen.includes(name));
let failed = false;
for (const name of names) {
  const script = `
    const { run } = await import('./build/benchmarks/${name}.js');
    const { printResults } = await import('./build/benchmarks/print.js');
    printResults('${name}', await run());
    process.exit(0);`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) console.error(`${name}: failed`);
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
